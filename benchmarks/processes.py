"""revtui as a process: in a pseudo-terminal that is read all the time, or without one; and what it uses."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))  # the pseudo-terminal of the tests

from program import REVTUI, environment
from ptys import Terminal, terminal


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process that has ended has used."""

    wall: float
    cpu: float
    peak_mib: float


def once(arguments: Sequence[str]) -> Cost:
    """Run revtui to its end, its output thrown away."""
    return _cost([*REVTUI, *arguments])


def python(script: str) -> Cost:
    """Run a script in a Python of its own to its end."""
    return _cost([sys.executable, "-c", script])


def _cost(command: Sequence[str]) -> Cost:
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment(LANG="C.UTF-8"))
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return Cost(time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def monitor(*arguments: str, size: tuple[int, int] = (120, 40)) -> AbstractContextManager[Terminal]:
    """The monitor in a terminal within a block."""
    return terminal(*arguments, size=size, program=REVTUI)
