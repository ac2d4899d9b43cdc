"""Cards: what the person with the scanner needs to know of the thing in hand, as a pure function of subjects' states.

One small function for each kind of thing, and one for each layer that adds to it. A new subject on containers, such as
a quarantine, is a function in `layers` and a line in `catalogue`.
"""
