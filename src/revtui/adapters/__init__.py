"""Where revtui meets the world: sources of events, clocks, and later stores and notifiers."""
