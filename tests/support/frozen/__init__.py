"""What is released is frozen: the source of each rule revision, and histories that every program must judge alike."""
