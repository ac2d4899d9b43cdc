"""Tests of the house itself: sizes, names, imports, generated code, requirements."""
