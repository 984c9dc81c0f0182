"""The windowing engine: events in, rows and alert transitions out. It does no I/O and reads no clock.

How a batch is taken, exactly as if its events had come one by one:

    encode ── watermarks around each event ── duplicate? late? ── counted events
      │  in time (no window that contains the event has closed): added together, in any order, since
      │      they cannot touch a window that closes before they arrive
      └─ behind (some window has closed): added in order of arrival, between the closes, so that a
             window's row at close does not hold them and its revision counts them

A window is named by its end, counted in hops: window `e` is `[e*hop - length, e*hop)`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import polars as pl

from revtui.core.alertbook import AlertBook
from revtui.core.alerts import Alert, AlertPolicy, Transition
from revtui.core.dedup import Duplicates
from revtui.core.hashindex import BoolArray
from revtui.core.kpis import ROW_SCHEMA
from revtui.core.panes import exact_sum
from revtui.core.rules import FRESHNESS, Judgement, Rule, judge, judge_clock
from revtui.core.watermarks import NEVER, PAST_ALL, Int64Array, Watermarks
from revtui.core.windows import WindowPolicy
from revtui.engine.commands import Acknowledge, Command, SetRule
from revtui.engine.encoding import EncodedBatch
from revtui.engine.rows import UNJUDGED, Flags, WindowSums, cells_of, ordered, row_frame
from revtui.engine.tally import Tally, nothing

_ROWS_AT_ONCE: Final = 4096
NO_ROWS: Final = ROW_SCHEMA.to_frame()


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """What the engine needs to know; see the configuration for the meaning of each."""

    policy: WindowPolicy
    currency: str
    currency_exponent: int
    latency_sla_ms: int
    max_gateways: int
    rules: tuple[Rule, ...]
    live: bool
    """Whether freshness alerts follow the clock (`tick`) instead of event time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """How many events of a batch ended where; their sum is the size of the batch."""

    counted: int
    duplicate: int
    late: int
    conflicts: int
    """Part of `duplicate`: the same id with another payload."""


@dataclass(slots=True)
class MoneyAccount:
    """Σ abs(amount) in minor units of one currency, by verdict; the sum is that of all admitted events."""

    counted_events: int = 0
    counted: int = 0
    duplicate: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What happened since the last `drain`; all frames ROW_SCHEMA, in the order of the public table."""

    closed: pl.DataFrame
    """Rows as first published, at the close of their window."""
    revised: pl.DataFrame
    """Rows published anew, since events came after the close; each window once."""
    final: pl.DataFrame
    """Rows of windows now frozen: they never change again."""
    transitions: tuple[Transition, ...]


class Engine:
    """Windows, KPIs, rules and alerts over events of any number of sources."""

    def __init__(self, settings: EngineSettings) -> None:
        """Start empty."""
        self.settings = settings
        self.rules: tuple[Rule, ...] = settings.rules
        policy = settings.policy
        self._policy = policy
        self.watermarks = Watermarks(bound=policy.bound)
        self.duplicates = Duplicates(horizon=policy.horizon)
        self.tally = Tally(policy, max_gateways=settings.max_gateways, latency_sla_ms=settings.latency_sla_ms)
        self.alert_book = AlertBook(
            AlertPolicy(window_length=policy.length, currency_exponent=settings.currency_exponent)
        )
        self.newest_event: int | None = None
        """Time of the newest counted event."""
        self.money: dict[str, MoneyAccount] = {}
        """By currency."""
        self.judgements: tuple[Judgement, ...] = ()
        """On the newest closed window: `*` first, then the gateways."""
        self._first: int | None = None  # the earliest window that has, or will have, a row
        self._next: int = 0  # the next window to close
        self._last_pane: int = NEVER  # of the newest counted event
        self._frozen: int = NEVER  # the newest frozen window
        self._dirty: set[int] = set()  # closed windows that changed since they were published
        self.flags: dict[int, dict[int, Flags]] = {}
        """Of closed windows not frozen yet, by window and key."""
        self.withheld = NO_ROWS
        """Final rows past the newest counted event."""
        self._closed: list[pl.DataFrame] = []
        self._revised: list[pl.DataFrame] = []
        self._final: list[pl.DataFrame] = []
        self._transitions: list[Transition] = []

    # --- what comes in ---------------------------------------------------------------------------

    def add_source(self, name: str) -> int:
        """Register a source before its first event; its number."""
        return self.watermarks.add(name)

    def push(self, batch: EncodedBatch, source: int | Int64Array = 0) -> Verdicts:
        """Take a batch of admitted events in arrival order.

        `source` is the number of their source, one for all or one each. The result does not depend
        on how events are cut into batches.
        """
        if not len(batch):
            return Verdicts(counted=0, duplicate=0, late=0, conflicts=0)
        before, after = self.watermarks.advance(batch.event_ts, source)
        pane = batch.event_ts // self._policy.hop
        late = before >= pane * self._policy.hop + self._policy.length + self._policy.lateness
        duplicate, conflict = self.duplicates.judge(batch.ids, batch.payloads, late, before, after)
        late &= ~duplicate
        self._account(batch, duplicate, late)
        rows = np.flatnonzero(~(duplicate | late))
        if rows.size:
            self._count(batch, rows, pane, before)
        self._advance(int(after[-1]))
        return Verdicts(
            counted=int(rows.size),
            duplicate=int(np.count_nonzero(duplicate)),
            late=int(np.count_nonzero(late)),
            conflicts=int(np.count_nonzero(conflict)),
        )

    def end_source(self, source: int) -> None:
        """A finite source has no more events; when all have ended, everything closes and freezes."""
        self.watermarks.end(source)
        self._advance(self.watermarks.current)

    def idle_source(self, source: int) -> None:
        """A live source has been silent for longer than the idle timeout."""
        self.watermarks.set_idle(source)
        self._advance(self.watermarks.current)

    def tick(self, now: int) -> None:
        """Judge by the clock what must be judged also when no event comes (live only)."""
        if self.settings.live:
            judgement = judge_clock(self.rules, now=now, newest_event=self.newest_event)
            freshness = [rule for rule in self.rules if rule.kpi == FRESHNESS]
            self._transitions += self.alert_book.step((judgement,), freshness, at=now, clock=True)

    def apply(self, command: Command) -> None:
        """Obey an operator's command, with effect from the next window judged."""
        match command:
            case SetRule(rule=rule):
                kept = tuple(rule if known.name == rule.name else known for known in self.rules)
                self.rules = kept if rule in kept else (*kept, rule)
            case Acknowledge(alert_ids=alert_ids, by=by, at=at):
                self.alert_book.acknowledge(alert_ids, by=by, at=at)

    # --- what goes out ---------------------------------------------------------------------------

    def drain(self) -> Results:
        """Everything that happened since the last call; revised windows are published once here."""
        if self._dirty:
            self._revised.append(self._frame(self.tally.windows(np.array(sorted(self._dirty)))))
            self._dirty.clear()
        results = Results(
            closed=_taken(self._closed),
            revised=_taken(self._revised),
            final=_taken(self._final),
            transitions=tuple(self._transitions),
        )
        self._transitions.clear()
        return results

    def provisional(self) -> pl.DataFrame | None:
        """Rows of the window that ends with the newest event's pane, not closed yet; None when there is none."""
        if self._first is None or self._next > self._last_pane + 1:
            return None
        return self._frame(self.tally.windows(np.array([self._last_pane + 1])))

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """The alerts that are not inactive."""
        return self.alert_book.alerts

    @property
    def first_pane(self) -> int | None:
        """Start of the earliest counted event's pane, in microseconds."""
        return None if self._first is None else (self._first - 1) * self._policy.hop

    @property
    def other_gateways(self) -> int:
        """How many gateway names share `(other)`."""
        return self.tally.gateways.others

    # --- state -----------------------------------------------------------------------------------

    def dump_numbers(self) -> dict[str, int | None]:
        """What `checkpoint` keeps beside the parts.

        Raises:
            ValueError: when there are results that nobody has drained.
        """
        if self._dirty or self._closed or self._revised or self._final or self._transitions:
            raise ValueError("drain the engine before its state is dumped")
        return {
            "first": self._first,
            "next": self._next,
            "last_pane": self._last_pane,
            "frozen": self._frozen,
            "newest_event": self.newest_event,
        }

    def load_numbers(self, numbers: Mapping[str, Any]) -> None:
        """Become what `dump_numbers` described."""
        self._first, self._next = numbers["first"], numbers["next"]
        self._last_pane, self._frozen = numbers["last_pane"], numbers["frozen"]
        self.newest_event = numbers["newest_event"]

    # --- counting --------------------------------------------------------------------------------

    def _account(self, batch: EncodedBatch, duplicate: BoolArray, late: BoolArray) -> None:
        """Add the money of a batch to its accounts, by currency and verdict."""
        at_home = [(self.settings.currency, batch.home)]
        abroad = (
            batch.currency.filter(pl.Series(~batch.home)).unique().to_list() if not batch.home.all() else []
        )
        for currency, here in at_home + [(name, (batch.currency == name).to_numpy()) for name in abroad]:
            account = self.money.setdefault(currency, MoneyAccount())
            counted = here & ~duplicate & ~late
            account.counted_events += int(np.count_nonzero(counted))
            account.counted += exact_sum(batch.amount[counted])
            account.duplicate += exact_sum(batch.amount[here & duplicate])
            account.late += exact_sum(batch.amount[here & late])

    def _count(self, batch: EncodedBatch, rows: Int64Array, pane: Int64Array, before: Int64Array) -> None:
        """Count the given rows, closing windows in between where events are behind."""
        newest = int(batch.event_ts[rows].max())
        self.newest_event = newest if self.newest_event is None else max(self.newest_event, newest)
        keys = self.tally.keys(batch, rows)
        hop, lateness = self._policy.hop, self._policy.lateness
        behind = before[rows] >= (pane[rows] + 1) * hop
        in_time = ~behind
        if in_time.any():
            self._extend(pane[rows[in_time]])
            self.tally.add(batch, rows[in_time], keys[in_time], pane)
        if not behind.any():
            return
        rows, keys = rows[behind], keys[behind]
        closed, frozen = before[rows] // hop, (before[rows] - lateness) // hop
        turns = np.flatnonzero((np.diff(closed) != 0) | (np.diff(frozen) != 0)) + 1
        for start, stop in pairwise([0, *turns.tolist(), rows.size]):
            group, own = rows[start:stop], keys[start:stop]
            self._advance(int(before[group[0]]))
            self._extend(pane[group])
            self._advance(int(before[group[0]]))
            self._revise(batch, group, own, pane, closed=int(closed[start]), frozen=int(frozen[start]))
            self.tally.add(batch, group, own, pane)

    def _extend(self, panes: Int64Array) -> None:
        """Let the range of rows reach from the pane of the earliest to that of the newest event."""
        self._last_pane = max(self._last_pane, int(panes.max()))
        self._release()
        first = int(panes.min()) + 1
        if self._first is None:
            self._first = self._next = first
        if first >= self._first:
            return
        # The windows that come before all others were empty when they closed; some are frozen so.
        published = self._next > self._first
        early = np.arange(first, self._first if published else min(self._first, self._frozen + 1))
        if early.size:
            self._publish(nothing(early), alert=not published)
            self._finish(nothing(early[early <= self._frozen]))
        self._first, self._next = first, self._next if published else first + early.size

    def _revise(
        self,
        batch: EncodedBatch,
        rows: Int64Array,
        keys: Int64Array,
        pane: Int64Array,
        *,
        closed: int,
        frozen: int,
    ) -> None:
        """Note which closed windows these events change, before they are added."""
        self.tally.revise(batch.event_ts[rows], pane[rows], keys, closed=closed, frozen=frozen)
        # Freshness may change in all closed windows after the event, whatever their span.
        self._dirty.update(range(max(int(pane[rows].min()) + 1, frozen + 1), min(closed, self._next - 1) + 1))

    # --- closing and freezing --------------------------------------------------------------------

    def _advance(self, watermark: int) -> None:
        """Close and freeze what the watermark has passed."""
        if self._first is None or watermark == NEVER:
            return
        everything = watermark == PAST_ALL
        close_to = self._last_pane + 1 if everything else watermark // self._policy.hop
        while self._next <= close_to:
            stop = min(close_to + 1, self._next + _ROWS_AT_ONCE)
            windows = np.arange(self._next, stop)
            self._next = stop
            self._publish(self.tally.windows(windows), alert=True)
        frozen = close_to if everything else (watermark - self._policy.lateness) // self._policy.hop
        if frozen > self._frozen:
            self._freeze(frozen)

    def _freeze(self, window: int) -> None:
        """Windows up to this one never change again; what no later one needs is forgotten."""
        start, self._frozen = self._frozen + 1, window
        for first in range(max(start, self._first or 0), min(window + 1, self._next), _ROWS_AT_ONCE):
            windows = np.arange(first, min(window + 1, self._next, first + _ROWS_AT_ONCE))
            self._finish(self.tally.windows(windows))
        self.tally.forget_before(min(window + 1, self._next))

    def _finish(self, windows: WindowSums) -> None:
        """Final rows, as the windows stand."""
        rows = self._frame(windows)
        for window in windows.windows.tolist():
            del self.flags[window]
            if window in self._dirty:
                self._dirty.remove(window)
                self._revised.append(rows.filter(pl.col("window_end") == window * self._policy.hop))
        self.withheld = pl.concat([self.withheld, rows])
        self._release()

    def _release(self) -> None:
        """A duplicate may lift the watermark past the newest counted event; the panes in between get
        their final rows only when another event is counted.
        """
        if self.withheld.is_empty():
            return
        due = pl.col("window_end") <= (self._last_pane + 1) * self._policy.hop
        self._final.append(self.withheld.filter(due))
        self.withheld = self.withheld.filter(~due)

    def _publish(self, windows: WindowSums, *, alert: bool) -> None:
        """Rows at close, judged; alerts move on, except for windows before those already judged."""
        cells = cells_of(windows, self.tally.gateways.names)
        unjudged = [UNJUDGED] * cells[0].size
        rows = row_frame(windows, cells, self._policy, self.tally.gateways.names, unjudged)
        judgements = self._judge(rows)
        flags = [
            Flags(severity=said.severity.name, sla_breach=said.sla_breach, reason=said.reason)
            for said in judgements
        ]
        ends = windows.windows[cells[0]]
        for window, key, said in zip(ends.tolist(), cells[1].tolist(), flags, strict=True):
            self.flags.setdefault(window, {})[key] = said
        self._closed.append(row_frame(windows, cells, self._policy, self.tally.gateways.names, flags))
        if alert:
            self._step_alerts(ends * self._policy.hop, judgements)

    def _judge(self, rows: pl.DataFrame) -> list[Judgement]:
        exponent, rules = self.settings.currency_exponent, self.rules
        judgements: list[Judgement] = []
        empty: dict[object, Judgement] = {}  # windows without events differ in freshness only
        for row in rows.iter_rows(named=True):
            if row["events_count"]:
                judgements.append(judge(row, rules, currency_exponent=exponent))
                continue
            freshness = row["data_freshness_minutes"]
            if freshness not in empty:
                empty[freshness] = judge(row, rules, currency_exponent=exponent)
            judgements.append(empty[freshness])
        return judgements

    def _step_alerts(self, ends: Int64Array, judgements: Sequence[Judgement]) -> None:
        rules = [rule for rule in self.rules if rule.kpi != FRESHNESS or not self.settings.live]
        turns = np.flatnonzero(np.diff(ends)) + 1
        for start, stop in pairwise([0, *turns.tolist(), ends.size]):
            pane = tuple(judgements[start:stop])
            self._transitions += self.alert_book.step(pane, rules, at=int(ends[start]))
            self.judgements = pane

    def _frame(self, windows: WindowSums) -> pl.DataFrame:
        """Rows of closed windows as they stand, with the flags of their close."""
        names = self.tally.gateways.names
        row, key = cells = cells_of(windows, names)
        none: dict[int, Flags] = {}
        flags = [
            self.flags.get(window, none).get(place, UNJUDGED)
            for window, place in zip(windows.windows[row].tolist(), key.tolist(), strict=True)
        ]
        return row_frame(windows, cells, self._policy, names, flags)


def _taken(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """The frames as one, ordered; the list is emptied."""
    if not frames:
        return NO_ROWS
    rows = ordered(pl.concat(frames))
    frames.clear()
    return rows
