"""Between the wire and the domain. One generic mapper serves every fact: no code here knows a fact type.

`incoming` turns a request into a draft of checked Structs, `outgoing` turns Structs into answers.
"""
