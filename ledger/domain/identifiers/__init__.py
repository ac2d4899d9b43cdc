"""Identifiers of the trade: parsing, checking and printing. Nothing here knows what a fact is."""
