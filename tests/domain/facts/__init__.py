"""Tests of the facts: their shapes on both sides of the wire."""
