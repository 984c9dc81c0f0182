"""The frozen picture that front ends see, and the history of transitions that they never miss.

*State* is the newest `Snapshot`, through the one-slot `Mailbox`: a slow terminal skips pictures
and costs no memory. *History* is `TransitionLog.since(cursor)`, which skips nothing that is kept.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import polars as pl

from revtui.core.alerts import Alert, Transition
from revtui.core.events import Accounting, Rejected
from revtui.core.rules import Rule, Verdict
from revtui.core.severity import Severity, worst
from revtui.core.windows import WindowPolicy

MOST_TRANSITIONS: Final = 100_000
"""Some 50 MB."""


class Status(StrEnum):
    """The one status word. PAUSED is added by the screen, which alone can be paused."""

    LIVE = "LIVE"
    PAUSED = "PAUSED"
    REPLAY = "REPLAY"
    END = "END"
    DISCONNECTED = "DISCONNECTED"


class SourceState(StrEnum):
    """What a source is doing."""

    CONNECTED = "connected"
    WAITING = "waiting"  # nothing to read yet (a followed file that does not exist)
    IDLE = "idle"  # live, but silent for longer than the idle timeout
    ENDED = "ended"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """One source as the screen shows it."""

    name: str
    state: SourceState
    since: int
    """Microseconds, processing time: when it got into this state."""
    detail: str = ""
    """The error, the mapping taken, or the next retry."""
    watermark: int | None = None
    newest_event: int | None = None
    offset: int = 0
    read: int = 0
    quarantined: int = 0
    live: bool = True
    simulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """Money in another currency than the configured one: in no KPI, but never out of sight."""

    currency: str
    events: int
    amount_minor: int
    """Σ abs(amount), minor units of that currency."""


def newest_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Of ordered rows (ROW_SCHEMA) those of the newest window: `*`, then gateways by name; none where there is none."""
    return rows.filter(pl.col("window_end") == rows.item(-1, "window_end")) if rows.height else rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything a front end may show, at one moment. All times are microseconds, UTC."""

    revision: int
    """Rises with every snapshot."""
    taken_at: int
    """By the clock (the real one live; virtual, or the newest event, for finite and simulated sources)."""
    status: Status
    simulated: bool
    policy: WindowPolicy
    currency: str
    currency_exponent: int
    timezone: str
    """Business zone, for days and for display on request."""
    accounting: Accounting
    sources: tuple[SourceStatus, ...]
    watermark: int | None
    newest_event: int | None
    """The newest counted event."""
    first_pane: int | None
    """Start of the earliest counted event's pane: nothing is known of what was before."""
    window: int
    """Length of the windows in `rows` and `provisional`, microseconds: the policy's, unless another is shown."""
    lengths: tuple[int, ...]
    """Lengths of windows that can be shown, ascending, the configured one among them."""
    rows: pl.DataFrame
    """ROW_SCHEMA: the closed windows retained, by window_end, then `*`, then gateways by name."""
    days: pl.DataFrame
    """DAY_SCHEMA: the newest business days, from all events counted so far."""
    provisional: pl.DataFrame | None
    """ROW_SCHEMA, ordered: the windows not closed yet, of which the last ends with the newest event's pane; None without one."""
    judged: pl.DataFrame
    """ROW_SCHEMA: the newest closed window of the configured length."""
    verdicts: tuple[Verdict, ...]
    """The rules' verdicts on it (all gateways), clock rules included."""
    severity: Severity
    """Overall, when it was taken: worst of the verdicts; at least UNKNOWN without data, or with stale ones."""
    rules: tuple[Rule, ...]
    alerts: tuple[Alert, ...]
    """Alerts that are pending, firing, recovering, or resolved in the last 15 minutes."""
    last_seq: int
    """Sequence number of the newest transition."""
    excluded: tuple[Excluded, ...] = ()
    other_gateways: int = 0
    """How many gateway names share `(other)`."""
    quarantine: tuple[Rejected, ...] = ()
    """The newest quarantined rows, at most 100."""
    quarantine_reasons: Mapping[str, int] = field(default_factory=dict)
    users_estimated: bool = False
    """Whether active users are an estimate (marked `~`)."""
    events_per_second: float = 0.0
    """Rows read per second of processing time, smoothed."""
    warming_up: int | None = None
    """Microseconds of event time until the first window shown is whole; None when it is."""
    catching_up: bool = False
    """Whether a live source is still reading a backlog."""

    @property
    def live(self) -> bool:
        """Whether the data follow the clock, so that they can be stale."""
        return self.status in {Status.LIVE, Status.DISCONNECTED}

    def lag(self, clock: int) -> int | None:
        """Clock minus newest event, microseconds; None when not live or before the first event."""
        return max(0, clock - self.newest_event) if self.live and self.newest_event is not None else None

    def is_stale(self, clock: int) -> bool:
        """Whether its data are older at `clock` than those of a healthy stream ever are.

        A window is published one bound and one hop after its last event: a silence longer than that is
        no quiet minute any more, long before it is an alert. Of a lost source everything is stale.
        """
        lag = self.lag(clock)
        if lag is None:
            return False
        return self.status is Status.DISCONNECTED or lag > self.policy.bound + self.policy.hop

    def severity_at(self, clock: int) -> Severity:
        """The overall severity, should the picture still be looked at by then."""
        return worst([self.severity, Severity.UNKNOWN]) if self.is_stale(clock) else self.severity


class Mailbox:
    """A one-slot mailbox: putting replaces, taking never waits. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None

    def put(self, snapshot: Snapshot) -> None:
        """Replace what is in the slot."""
        with self._lock:
            self._snapshot = snapshot

    def peek(self) -> Snapshot | None:
        """The newest snapshot, which stays in the slot; None before the first."""
        with self._lock:
            return self._snapshot


class TransitionLog:
    """The transitions of a run by sequence number; appended by the engine, read by cursor. Safe between threads.

    The newest `most` are kept at least. Who reads less often than they come about sees a gap in their
    numbers, and so knows how many he has missed.
    """

    def __init__(self, *, last_seq: int = 0, most: int = MOST_TRANSITIONS) -> None:
        """`last_seq` is the number after which this log begins, when a run is resumed."""
        self._lock = threading.Lock()
        self._before = last_seq
        self._most = most
        self._transitions: list[Transition] = []

    def append(self, transitions: Sequence[Transition]) -> None:
        """Add transitions whose numbers go on where the last ended."""
        with self._lock:
            self._transitions.extend(transitions)
            if len(self._transitions) > self._most + self._most // 4:  # seldom, since all that stay are moved
                gone = len(self._transitions) - self._most
                del self._transitions[:gone]
                self._before += gone

    def since(self, cursor: int) -> tuple[Transition, ...]:
        """All transitions kept with a sequence number above `cursor`, in order."""
        with self._lock:
            return tuple(self._transitions[max(0, cursor - self._before) :])

    @property
    def last_seq(self) -> int:
        """Sequence number of the newest transition; 0 before the first."""
        with self._lock:
            return self._before + len(self._transitions)
