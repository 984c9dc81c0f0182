"""How long a test waits for what must happen.

A limit on waiting only says when to give up. It is far above what anything takes, also on a machine
that is busy with other things: how fast something is belongs to the benchmarks.
"""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 60.0
"""For one thing to happen."""
RUN_SECONDS = 2 * PATIENCE_SECONDS
"""For a program to run from its start to its end."""


def until(condition: Callable[[], object], told: Callable[[], str] = str) -> None:
    """Wait for another thread or process, by asking; `told` says what there was instead."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen: {told()}"
        time.sleep(0.005)
