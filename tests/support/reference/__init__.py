"""The reference pages of docs/reference, written from the program itself: nothing in them is typed by hand.

What the pages say stands in the comments of the proto files, in what fact types, rules and subjects declare, in the
errors that have a status, and in the help of the command line.
"""
