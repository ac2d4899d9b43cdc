"""Reading lists: how they are kept, what they say, and that they look into their indexes."""
