"""One check per rule, one module per letter, and the catalogue that numbers them.

Rules read subjects; they never fold, and a released revision is never edited.
"""
