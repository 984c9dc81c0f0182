"""revtui: a terminal monitor for the money side of an online business."""

__version__ = "0.1.0"
