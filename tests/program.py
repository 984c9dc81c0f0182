"""revtui as a program, and the small world that a test starts it in."""

import os
import sys

REVTUI = (sys.executable, "-m", "revtui")
PLACE = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
"""Where the program is found when it is not the installed one that is tested."""


def environment(**more: str) -> dict[str, str]:
    """No configuration, no terminal, no locale; and what is added."""
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **PLACE, **more}
