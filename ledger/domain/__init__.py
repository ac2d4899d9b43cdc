"""Floor 0: the law as pure functions over facts. Standard library and msgspec only; never a clock, never I/O."""
