"""The windowing engine (sans-I/O) and the runtime that feeds it."""
