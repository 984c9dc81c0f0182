"""The view model: what every front end shows, already formatted, without colours or widgets.

`views.overview.build` makes it from a `Snapshot`; the terminal, the headless formats and the JSON
snapshot all render this same model. Severity travels as a `Severity`, and how something looks as a
`Role`; what colour that is, is the front end's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from revtui.core.severity import Severity
from revtui.views.palette import Role, Segment, drawn, glyph, role


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseInfo:
    """What happened behind a paused screen."""

    since: int
    """Microseconds: when it was paused."""
    events: int = 0
    """Rows read since."""
    alerts: int = 0
    """Transitions since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """The status line."""

    word: str
    """LIVE, PAUSED, REPLAY, END or DISCONNECTED: exactly one."""
    detail: str
    """Beside the word: `02:14 (+412 ev, +3 alerts)` when paused, the retry countdown when disconnected."""
    simulated: bool
    clock: str
    """`12:41:07Z`; with its date when that is not today's: `2026-03-04 23:59:57Z`."""
    local_clock: str
    """`14:41 CEST` in the business zone; empty when that is UTC."""
    source: str
    """Names of the sources, with their state when it is worth a word."""
    source_short: str
    """The same where room is scarce: a file without its folders."""
    window: str
    """Length of the windows that are shown: `5m`."""
    judged_window: str
    """Length of those that alerts go by, when it is another; else empty."""
    lag: str
    """Clock minus newest event, `0.8s`; `–` before the first event; empty for data that have ended."""
    counts: Sequence[tuple[Severity, int]]
    """Open alerts by severity, worst first, CRIT and WARN always present."""
    pending: int
    """Breaches that have not held for long enough to be an alert."""
    severity: Severity
    """Overall, as of `clock`."""
    accounting: str
    """`read 1,204 = 1,180 counted + 3 duplicate + 1 late + 12 quarantined + 8 filtered`."""
    problems: Sequence[str]
    """Whatever makes the data less than whole: excluded money, quarantine, a lost source, an estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView:
    """One KPI card."""

    kpi: str
    label: str
    """Heading of its card."""
    short: str
    """Its name where room is scarce, at most 8 characters."""
    value: str
    """`$48,213.50`, `7.4 %`, `812 ms`; `no data` when there is none."""
    change: str
    """Against the same window an hour before: `+3.2 % vs 1h`; empty when either holds no event."""
    threshold: str
    """`CRIT ≥ 30 %`, the level breached or next in line; what is missing to judge; for which windows there is
    a level, when not for those shown; empty without a rule."""
    severity: Severity
    spark: Sequence[float | None]
    """One value per closed window, oldest first; None where there is no data."""
    stale: str
    """`12s old` when the data is stale, else empty; the severity is then at least UNKNOWN."""
    formula: str
    judged: bool = True
    """Whether a rule judges this KPI; when none does, `severity` is INFO (UNKNOWN without data) and means nothing."""
    provisional: str = ""
    """The value of the window still open, which may yet change; empty without one. `value` is final."""

    threshold_short: str = ""
    """`threshold` where that does not fit; empty when it is short enough everywhere."""
    window: str = ""
    """Length of the windows it is of, `1h`, when that is not the configured one."""
    aside: Sequence[str] = ()
    """What the value leaves out, such as `+€6,000.00 excluded`, the longest spelling first; usually nothing."""

    @property
    def alarming(self) -> bool:
        """Whether a rule judges it so badly that somebody should look."""
        return self.judged and self.severity.is_alarm

    @property
    def sign(self) -> str:
        """Its severity as one cell; a dot when no rule judges it."""
        return glyph(self.severity) if self.judged else "·"

    @property
    def look(self) -> Role:
        """How its value is written: in its severity when that is an alarm, or when nothing is known."""
        return role(self.severity) if self.alarming or self.severity is Severity.UNKNOWN else Role.STRONG

    @property
    def trend(self) -> Role:
        """How its sparkline is drawn."""
        return drawn(self.severity) if self.judged else Role.LINE


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdLine:
    """A horizontal line in a chart."""

    value: float
    label: str
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartView:
    """A time series to draw."""

    title: str
    unit: str
    """Short unit for the title, such as `$ / 5m`."""
    times: Sequence[int]
    """Microseconds, window ends, ascending."""
    values: Sequence[float | None]
    """In the unit shown (money in major units, shares in percent)."""
    thresholds: Sequence[ThresholdLine]
    markers: Sequence[tuple[int, Severity]]
    """Alerts that began at these times."""
    span: str
    """`1h`: how far back it shows."""
    live: bool = False
    """Whether the time axis goes on to now: when events stop, the silence is seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayRow:
    """One line of the gateway table."""

    name: str
    severity: Severity
    revenue: str
    fail_rate: str
    p95: str
    attempts: str
    users: str
    spark: Sequence[float | None]
    """Fail rate over the last windows."""
    alarms: Mapping[str, Severity] = field(default_factory=dict)
    """Columns whose value is the alarm, with how bad it is: `fail_rate`, `p95`, …"""

    @property
    def trend(self) -> Role:
        """How its sparkline is drawn."""
        return drawn(self.alarms.get("fail_rate", Severity.OK))


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRow:
    """One line of the table of the latest KPI windows, newest first."""

    end: int
    """Microseconds: what it is known by, whatever becomes of its figures."""
    cells: Sequence[str]
    severity: Severity
    provisional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """One line of the table of business days, newest first."""

    start: int
    """Microseconds: what it is known by."""
    cells: Sequence[str]
    whole: bool
    """Whether it was counted from its beginning to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One alert in the log, folded from its transitions; also what the filter language works on."""

    id: str
    """Short and stable: `a91f`."""
    sev: Severity
    state: str
    """`firing`, `recovering`, `resolved`, `pending`."""
    acked: bool
    silenced: bool
    kpi: str
    """Name of the KPI (of the rule, where they differ, in `rule`)."""
    rule: str
    gateway: str
    value: float | None
    """The newest while it is open, that of its end afterwards."""
    value_text: str
    began_at: int
    """Microseconds."""
    ended_at: int | None
    at: int
    """Microseconds of its newest transition: what the row's time shows, and what orders the log."""
    dur: int
    """Microseconds it lasted, up to now when it still does."""
    count: int
    """How often it fired."""
    source: str
    ack_by: str
    text: str
    """The reason, as a sentence; of an open alert with the newest value."""
    measured: str = ""
    """The value with what it rests on: `78.8 % of 52 attempts`."""
    fired_at: int | None = None
    """When it fired last, microseconds; None while it is pending."""
    fired_with: str = ""
    """What was measured then."""
    seq: int = 0
    """Number of its newest transition: rows with higher ones are newer."""
    unknown_since: int | None = None
    """Since when it cannot be judged for want of data; None while it can."""
    incident_id: str = ""
    """The incident it belongs to; several alerts may share one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewView:
    """One whole screen."""

    status: StatusView
    verdict: str
    """One sentence for 3 a.m.: what is wrong, since when, where; or that nothing is."""
    cards: Sequence[CardView]
    """All KPIs in order of preference; a screen shows as many as fit."""
    main_chart: ChartView
    """Of the KPI that was chosen."""
    second_chart: ChartView
    """Of the fail rate; of revenue, when the fail rate is in the main chart."""
    gateways: Sequence[GatewayRow]
    today: Sequence[Sequence[Segment]]
    """The business day so far in one line, the longest spelling first; nothing before the first event."""
    warming_up: str
    """`warming up: window 2m10s of 5m`, else empty."""
