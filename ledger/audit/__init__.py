"""Floor 4: reading history again, on two axes: replay, re-judge, trace and verify. It never writes."""
