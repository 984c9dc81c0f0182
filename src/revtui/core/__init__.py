"""What revtui knows, free of I/O, clocks and chance: every function here is a pure function of its arguments."""
