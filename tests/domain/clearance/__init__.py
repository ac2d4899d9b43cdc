"""Tests of the clearance: whether the next step may follow."""
