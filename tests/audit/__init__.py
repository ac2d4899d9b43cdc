"""Replay, re-judge, trace and verify."""
