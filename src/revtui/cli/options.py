"""Options that several commands share, so that they are spelled and explained the same everywhere.

An option that was not given is None: the configuration decides then, and says where from.
"""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Group, Parameter


@dataclass(frozen=True, slots=True)
class Metavar:
    """What stands for an option's value on the help page."""

    text: str


DURATION = Annotated[str | None, Metavar("DURATION")]
FILE = Annotated[str | None, Metavar("FILE")]
NAME = Annotated[str | None, Metavar("NAME")]
TIME = Annotated[str | None, Metavar("TIME")]
NUMBER = Annotated[int | None, Metavar("N")]

OUTPUT = Group("Output", sort_key=1)
EVENTS = Group("Events", sort_key=2)
READING = Group("Reading", sort_key=2)
SCREEN = Group("Screen", sort_key=3)
WINDOWS = Group("Windows", sort_key=4)
SOURCES = Group("Sources and configuration", sort_key=5)

FLAG = Parameter(negative="")
"""A flag without a `--no-` twin."""

Output = Annotated[
    FILE,
    Parameter(
        name=["--output", "-o"], group=OUTPUT, help="write here, whole or not at all (default: -, stdout)"
    ),
]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """How events are read, cut into windows and judged."""

    window: Annotated[DURATION, Parameter(group=WINDOWS, help="length of a window (5m)")] = None
    hop: Annotated[DURATION, Parameter(group=WINDOWS, help="a window ends every so often (1m)")] = None
    bound: Annotated[
        DURATION, Parameter(group=WINDOWS, help="how far out of order events may come (60s)")
    ] = None
    lateness: Annotated[
        DURATION, Parameter(group=WINDOWS, help="for how long a closed window is still revised (15m)")
    ] = None
    horizon: Annotated[
        DURATION,
        Parameter(
            group=WINDOWS,
            help="for how long an event_id is remembered, to find duplicates (1h, or as long as windows change)",
        ),
    ] = None
    rules: Annotated[
        str | None,
        Metavar("contracts|classic|adaptive|FILE"),
        Parameter(
            group=WINDOWS,
            help="what the windows are judged by (contracts); FILE is TOML with [rules] tables; adaptive rules are"
            " not in this version: the contracts judge",
        ),
    ] = None
    max_gateways: Annotated[
        NUMBER, Parameter(group=WINDOWS, help="gateways with rows of their own, the rest share one (64)")
    ] = None
    currency: Annotated[
        Annotated[str | None, Metavar("CODE")],
        Parameter(
            group=SOURCES,
            help="ISO 4217 code of the money reported, and of rows of whose currency nothing else speaks (USD)",
        ),
    ] = None
    timezone: Annotated[
        Annotated[str | None, Metavar("ZONE")],
        Parameter(group=SOURCES, help="IANA zone of timestamps without one, and of the business day (UTC)"),
    ] = None
    map: Annotated[
        FILE,
        Parameter(
            group=SOURCES, help="TOML that maps foreign columns (default: NAME.map.toml beside NAME.csv)"
        ),
    ] = None
    config: Annotated[FILE, Parameter(group=SOURCES, help="configuration in place of the usual one")] = None
