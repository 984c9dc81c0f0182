"""Where revtui meets the world: sources of events, the clock, and the C allocator."""
