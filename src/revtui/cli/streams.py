"""The standard streams: narration on stderr, data on stdout, and any of the three may be closed.

A closed descriptor is given to the null device before anything is opened, or the first file opened
would take its number and receive what is meant for the stream.
"""

import os
import sys

from revtui.core.errors import RevtuiError
from revtui.core.text import sanitise


def occupy_closed_descriptors() -> None:
    """Point whichever of descriptors 0, 1 and 2 is closed at the null device."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number free: this one


def say(message: str, *, hint: str = "") -> None:
    """Narrate on stderr, a line for each line of `message`, then the hint; a lost stderr loses only this."""
    if sys.stderr is None:
        return
    lines = [f"revtui: {sanitise(line)}" for line in message.splitlines()]
    if hint:
        lines.append(f"  hint: {sanitise(hint)}")
    try:
        sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.flush()
    except OSError:
        discard(2)


def discard(descriptor: int) -> None:
    """Send what is still buffered for a descriptor to the null device, so that leaving is silent."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, descriptor)
    os.close(null)


def flush_output() -> None:
    """Hand over everything written to stdout.

    Raises:
        BrokenPipeError: when its reader has gone.
        RevtuiError: when it cannot be written, as on a full disk.
    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise RevtuiError(f"cannot write standard output: {error.strerror}") from error
