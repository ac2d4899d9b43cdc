"""Identifiers, facts, subjects, rules and decisions: given, when, then; no fixtures, no I/O."""
