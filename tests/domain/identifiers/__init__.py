"""Tests of the identifiers: every published value that we know of, and what must hold of all others."""
