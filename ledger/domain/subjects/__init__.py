"""State folded from the facts that bear one tag. Folding is total: it holds and flags, it never raises."""
