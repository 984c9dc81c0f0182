"""`sim:` addresses: the simulator as a live source, or as a finite one on a virtual clock.

    sim:?rate=20&seed=42&duration=1h

`duration` is the command line's own key, since only it knows which of the two is wanted. Headless
commands never wait for the clock: without `start` they begin where `revtui simulate` does, and
without an end they take an hour.
"""

import re
from dataclasses import replace
from typing import Final

from revtui.adapters.sources.simulator import SimulatorSource, SimulatorSpec
from revtui.cli.simulate import DEFAULT_START
from revtui.core.durations import parse_duration
from revtui.core.errors import UsageError
from revtui.core.times import parse_instant
from revtui.engine.ports import Clock

BUILT_IN: Final = "sim:?scenario=demo"
"""What is shown when nothing else is configured."""

HOUR: Final = 3_600_000_000
_DURATION: Final = re.compile(r"(?<=[?&])duration=([^&]*)&?", re.IGNORECASE)
_BACKFILL: Final = re.compile(r"[?&](?:start=-|backfill=)", re.IGNORECASE)


def simulator(address: str, clock: Clock, *, live: bool) -> SimulatorSource:
    """The source of an address; without `live` it is finite whether or not the address has an end.

    Raises:
        UsageError: for an address that cannot be simulated.
    """
    duration, rest = _split(address)
    spec = SimulatorSpec.parse(rest)
    if duration is None and (live or spec.until is not None):
        return SimulatorSource(spec, clock)
    length = HOUR if duration is None else duration
    if _BACKFILL.search(rest):
        start = clock.now() - spec.backfill
    elif spec.start is not None:
        start = spec.start
    elif live:
        start = clock.now() - length
    else:
        start = parse_instant(DEFAULT_START, now=clock.now())
    return SimulatorSource(replace(spec, start=start), clock, until=start + length)


def _split(address: str) -> tuple[int | None, str]:
    """The duration, and the address without it."""
    match = _DURATION.search(address)
    if match is None:
        return None, address
    duration = parse_duration(match[1])
    if duration <= 0:
        raise UsageError(f"the duration in {address!r} must be positive")
    return duration, _DURATION.sub("", address).rstrip("?&")
