"""A seeded simulator: the real domain, sequencer and memory store under a simulated clock, network and crashes."""
