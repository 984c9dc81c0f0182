"""Where revtui meets the world: sources of events, and the clock."""
