"""Leaves and trees, against published vectors and random ones."""
