"""Floor 2: the one append function and the readers beside it. The only room that imports the eventsourcing library."""
