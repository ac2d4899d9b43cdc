"""The same rpcs over HTTP/1.1, for programs that cannot speak gRPC: Connect's unary form, with JSON or protobuf.

Driven by the descriptors and the servicers that gRPC is driven by: a new fact needs no line here.
"""
