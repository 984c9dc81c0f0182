"""`revtui simulate`: a finite stream of made-up events, and the truth about the incidents in it."""

import json
from typing import Annotated, Final, Literal

from cyclopts import Parameter

from revtui.cli.options import EVENTS, FILE, OUTPUT, Metavar, Output
from revtui.cli.output import output, refuse_clash, refuse_unwritable

DEFAULT_START: Final = "2026-03-02T09:00:00Z"
"""A fixed time, so that the same arguments give the same events on every day."""


def simulate(
    *,
    form: Annotated[
        Literal["csv", "jsonl", "parquet"], Parameter(name="--format", group=OUTPUT, help="default: csv")
    ] = "csv",
    file: Output = None,
    truth: Annotated[FILE, Parameter(group=OUTPUT, help="write the incidents here, as JSON")] = None,
    rate: Annotated[
        str, Metavar("RATE"), Parameter(group=EVENTS, help="events per second, minute or hour (20/s)")
    ] = "20/s",
    duration: Annotated[
        str, Metavar("DURATION"), Parameter(group=EVENTS, help="how much event time (1h)")
    ] = "1h",
    start: Annotated[
        str, Metavar("TIME"), Parameter(group=EVENTS, help=f"of the first event ({DEFAULT_START})")
    ] = DEFAULT_START,
    seed: Annotated[
        int, Metavar("N"), Parameter(group=EVENTS, help="another number, other events (42)")
    ] = 42,
    scenario: Annotated[
        list[str] | None,
        Metavar("SPEC"),
        Parameter(
            group=EVENTS,
            negative="",
            help="an incident, such as outage:stripe@+10m+5m, or demo; may be given several times",
        ),
    ] = None,
    profile: Annotated[
        Literal["realistic", "original"], Parameter(group=EVENTS, help="default: realistic")
    ] = "realistic",
) -> None:
    """Write events; the same arguments give the same bytes.

    Raises:
        UsageError: when the simulator cannot do what is asked.
    """
    from revtui.adapters.clocks import SystemClock  # noqa: PLC0415 - heavy, and of no use to --help
    from revtui.adapters.sources import simulator  # noqa: PLC0415 - see above
    from revtui.adapters.sources.simulator.profiles import PROFILES  # noqa: PLC0415 - see above
    from revtui.core.durations import parse_duration  # noqa: PLC0415 - see above
    from revtui.core.times import parse_instant  # noqa: PLC0415 - see above

    length = parse_duration(duration)
    begin = parse_instant(start, now=SystemClock().now())
    spec = simulator.SimulatorSpec(
        rate=simulator.parse_rate(rate),
        seed=seed,
        profile=PROFILES[profile],
        scenarios=simulator.parse_scenarios(scenario or ()),
        start=begin,
        duration=length,
    )
    incidents = simulator.incidents_within(spec, start=begin, duration=length)
    refuse_clash(file, truth)
    refuse_unwritable(truth)
    with output(file) as stream:
        simulator.simulate(spec, start=begin, duration=length, format_=form, out=stream)
    if truth is not None:
        with output(truth) as stream:
            stream.write((json.dumps(simulator.truth(incidents), indent=2) + "\n").encode())
