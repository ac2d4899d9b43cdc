"""Identifiers of the trade: parsing, checking and printing. Nothing here knows what a fact is.

`scan.read` takes any reading, `schemes.canonical` any typed value; each other module is one standard. Every reader is
total: it returns a value or raises an `errors.IdentifierError`, which repeats nothing of what was read.
"""
