"""`sim:` addresses: the simulator as a live source, or as a finite one on a virtual clock.

    sim:?rate=20&seed=42&duration=1h

Headless commands never wait for the clock: without an end the stream takes an hour, and without a
beginning it starts where `revtui simulate` does.
"""

from dataclasses import replace
from typing import Final

from revtui.adapters.sources.simulator import SimulatorSource, SimulatorSpec
from revtui.cli.simulate import DEFAULT_START
from revtui.core.durations import HOUR
from revtui.core.times import parse_instant
from revtui.engine.ports import Clock

BUILT_IN: Final = "sim:?scenario=demo"
"""What is shown when nothing else is configured."""


def simulator(address: str, clock: Clock, *, live: bool, breakdown: str = "gateway_name") -> SimulatorSource:
    """The source of an address; without `live` it is finite whether or not the address has an end.

    Raises:
        UsageError: for an address that cannot be simulated.
    """
    spec = SimulatorSpec.parse(address)
    if not live and spec.until is None:
        spec = replace(spec, duration=spec.duration or HOUR)
        if spec.start is None and spec.backfill is None:
            spec = replace(spec, start=parse_instant(DEFAULT_START, now=clock.now()))
    return SimulatorSource(spec, clock, breakdown=breakdown)
