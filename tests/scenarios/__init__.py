"""Whole ways of a medicine, from prescription to administration."""
