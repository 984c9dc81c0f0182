"""The windowing engine: events in, rows and alert transitions out. It does no I/O and reads no clock.

How a batch is taken, exactly as if its events had come one by one:

    encode ── watermarks around each event ── duplicate? late? ── counted events
      │  in time (no window that contains the event has closed): added together, in any order, since
      │      they cannot touch a window that closes before they arrive
      └─ behind (some window has closed): added in order of arrival, between the closes, so that a
             window's row at close does not hold them and its revision counts them; those that come
             before the batch closes anything are added with the others

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
from revtui.core.arrays import BoolArray, Int64Array, rows_where
from revtui.core.daily import Calendar
from revtui.core.dedup import Duplicates
from revtui.core.panes import exact_sum
from revtui.core.rules import FRESHNESS, Judgement, Rule, judge, judge_clock
from revtui.core.watermarks import NEVER, PAST_ALL, Watermarks
from revtui.core.windows import LENGTHS, WindowPolicy
from revtui.engine.commands import Acknowledge, Command, SetRule, ShowWindows
from revtui.engine.encoding import EncodedBatch
from revtui.engine.judging import Judged
from revtui.engine.lookback import Look, LookBack
from revtui.engine.rows import NO_ROWS, UNJUDGED, Flags, Outbox, Published, Rows, Span, WindowSums, day_frame
from revtui.engine.tally import Counted, Tally, nothing

_WINDOWS_AT_ONCE: Final = 4096
_OPEN_SHOWN: Final = 60
"""Of the windows not closed yet, so many of the newest are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """What the engine needs to know; see the configuration for the meaning of each."""

    policy: WindowPolicy
    currency: str
    currency_exponent: int
    latency_sla_ms: int
    max_gateways: int
    max_users: int = 5_000_000
    """Up to so many active users are exact, more are estimated."""
    rules: tuple[Rule, ...]
    timezone: str = "UTC"
    """Of the business days."""
    live: bool
    """Whether freshness alerts follow the clock (`tick`) instead of event time."""
    archive: int = 0
    """Microseconds of event time for which panes are kept, for windows of other lengths, as far as memory allows."""


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

    at_close: Published
    anew: Published
    at_last: Published
    transitions: tuple[Transition, ...]

    @property
    def closed(self) -> pl.DataFrame:
        """Rows as first published, at the close of their window."""
        return self.at_close.frame

    @property
    def revised(self) -> pl.DataFrame:
        """Rows published anew, since events came after the close; each window once."""
        return self.anew.frame

    @property
    def final(self) -> pl.DataFrame:
        """Rows of windows now frozen: they never change again."""
        return self.at_last.frame


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
        self._calendar = Calendar(settings.timezone)
        self.tally = Tally(
            policy,
            self._calendar,
            max_gateways=settings.max_gateways,
            max_users=settings.max_users,
            latency_sla_ms=settings.latency_sla_ms,
            archived_panes=settings.archive // policy.hop,
        )
        self.alert_book = AlertBook(
            AlertPolicy(window_length=policy.length, currency_exponent=settings.currency_exponent)
        )
        self.newest_event: int | None = None
        """Time of the newest counted event."""
        self.money: dict[str, MoneyAccount] = {}
        """By currency."""
        self._first: int | None = None  # the earliest window that has, or will have, a row
        self._next: int = 0  # the next window to close
        self._last_pane: int = NEVER  # of the newest counted event
        self._frozen: int = NEVER  # the newest frozen window
        self._dirty: set[int] = set()  # closed windows that changed since they were published
        self.flags: dict[int, dict[int, Flags]] = {}
        """Of closed windows not frozen yet, by window and key."""
        self._newest: tuple[Rows, tuple[Rule, ...]] | None = None  # the newest closed window, and its rules
        self.span = Span(length=policy.length, hop=policy.hop)
        """Of the configured windows."""
        self._look: LookBack | None = None
        self.closed, self.revised, self.final = Outbox(), Outbox(), Outbox()
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
        hop = self._policy.hop
        before, after = self.watermarks.advance(batch.event_ts, source)
        pane = batch.event_ts // hop
        first_end = (pane + 1) * hop  # of the first window that contains the event
        late = before >= first_end + (self._policy.length - hop + self._policy.lateness)
        duplicate, conflict = self.duplicates.judge(batch.ids, batch.payloads, late, before, after)
        late &= ~duplicate
        self._account(batch, duplicate, late)
        counted = ~(duplicate | late)
        behind = before >= first_end
        behind &= counted
        self._count(batch, counted, behind, pane, before)
        self._advance(int(after[-1]))
        duplicates, late_ones = int(np.count_nonzero(duplicate)), int(np.count_nonzero(late))
        return Verdicts(
            counted=len(batch) - duplicates - late_ones,
            duplicate=duplicates,
            late=late_ones,
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
        """Obey an operator's command.

        A rule judges the newest closed window anew, and moves alerts from the next window on: what was
        told of windows that are closed stays told.
        """
        match command:
            case SetRule(rule=rule):
                kept = tuple(rule if known.name == rule.name else known for known in self.rules)
                self.rules = kept if rule in kept else (*kept, rule)
                if self._newest is not None:
                    self._newest = (self._newest[0], self.rules)
            case ShowWindows(length=length):
                self._look = self._look_back(length)
            case Acknowledge(alert_ids=alert_ids, by=by, at=at):
                self.alert_book.acknowledge(alert_ids, by=by, at=at)

    def _look_back(self, length: int) -> LookBack | None:
        """Windows of that length; None for those that are configured, and for lengths that cannot be shown."""
        if length == self.span.length or length not in self.lengths:
            return None
        span = Span(length=length, hop=self.span.hop)
        return LookBack(self.tally, span=span, currency_exponent=self.settings.currency_exponent)

    # --- what goes out ---------------------------------------------------------------------------

    def drain(self) -> Results:
        """Everything that happened since the last call; revised windows are published once here."""
        newest = self._last_pane + 1
        dirty = sorted(window for window in self._dirty if window <= newest)
        if dirty:
            self.revised.add(*self._flagged(self.tally.closed(np.array(dirty))))
            self._dirty.difference_update(dirty)
        results = Results(
            at_close=self.closed.due(newest),
            anew=self.revised.due(newest),
            at_last=self.final.due(newest),
            transitions=tuple(self._transitions),
        )
        self._transitions.clear()
        return results

    @property
    def lengths(self) -> tuple[int, ...]:
        """Lengths of windows that can be shown, ascending, the configured one among them."""
        own, hop, kept = self.span.length, self.span.hop, self.settings.archive
        return tuple(sorted({own, *(each for each in LENGTHS if each % hop == 0 and each <= kept)}))

    def look(self) -> Look | None:
        """The windows of another length that somebody wants to see; None without such a wish."""
        if self._look is None:
            return None
        rows, back = NO_ROWS, self._look
        if self._first is not None:
            closed = min(self._next - 1, self._last_pane + 1)
            rows = back.rows(self.rules, first=self._first, closed=closed, frozen=self._frozen)
        windows = self._open
        still_open = back.provisional(windows, frozen=self._frozen) if windows.size else None
        return Look(length=back.span.length, rows=rows, provisional=still_open, whole=back.whole)

    def provisional(self) -> pl.DataFrame | None:
        """Rows of the windows not closed yet, up to the one that ends with the newest event's pane; None without one."""
        windows = self._open
        return Published([self._flagged(self.tally.open(windows))]).frame if windows.size else None

    @property
    def _open(self) -> Int64Array:
        """The windows not closed yet, as far as they are shown."""
        newest = self._last_pane + 1
        if self._first is None:
            return np.arange(0)
        return np.arange(max(self._next, newest + 1 - _OPEN_SHOWN), newest + 1)

    def days(self) -> pl.DataFrame:
        """DAY_SCHEMA: the newest business days, from all events counted so far."""
        return day_frame(self.tally.days.totals(), self._calendar, self.tally.gateways.names)

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """On the newest closed window, by the rules of its close or set since: `*` first, then the gateways."""
        if self._newest is None:
            return ()
        rows, rules = self._newest
        exponent = self.settings.currency_exponent
        return tuple(judge(rows.row(place), rules, currency_exponent=exponent) for place in range(len(rows)))

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

    def dump_numbers(self) -> dict[str, int | list[int] | None]:
        """What `checkpoint` keeps beside the parts.

        Raises:
            ValueError: when there are results that nobody has drained.
        """
        if self._undrained or self._transitions:
            raise ValueError("drain the engine before its state is dumped")
        return {
            "dirty": sorted(self._dirty),
            "first": self._first,
            "next": self._next,
            "last_pane": self._last_pane,
            "frozen": self._frozen,
            "newest_event": self.newest_event,
        }

    @property
    def _undrained(self) -> bool:
        newest = self._last_pane + 1
        parts = [*self.closed.parts, *self.revised.parts, *self.final.parts]
        return any(rows.window[0] <= newest for rows, _ in parts) or any(
            each <= newest for each in self._dirty
        )

    def load_numbers(self, numbers: Mapping[str, Any]) -> None:
        """Become what `dump_numbers` described."""
        self._first, self._next = numbers["first"], numbers["next"]
        self._last_pane, self._frozen = numbers["last_pane"], numbers["frozen"]
        self._dirty = set(numbers["dirty"])
        self.newest_event = numbers["newest_event"]

    # --- counting --------------------------------------------------------------------------------

    def _account(self, batch: EncodedBatch, duplicate: BoolArray, late: BoolArray) -> None:
        """Add the money of a batch to its accounts, by currency and verdict."""
        again, too_late = rows_where(duplicate), rows_where(late)

        def account(currency: str, here: BoolArray | None) -> None:
            rows, amount = len(batch), batch.amount
            repeated, delayed = again, too_late
            if here is not None:
                rows, amount = int(np.count_nonzero(here)), amount * here
                repeated, delayed = again[here[again]], too_late[here[too_late]]
            twice, missed = exact_sum(amount.take(repeated)), exact_sum(amount.take(delayed))
            account = self.money.setdefault(currency, MoneyAccount())
            account.counted_events += rows - repeated.size - delayed.size
            account.counted += exact_sum(amount) - twice - missed
            account.duplicate += twice
            account.late += missed

        if batch.home.all():
            account(self.settings.currency, None)
            return
        account(self.settings.currency, batch.home)
        for currency in batch.currency.filter(pl.Series(~batch.home)).unique().to_list():
            account(currency, (batch.currency == currency).to_numpy())

    def _count(
        self,
        batch: EncodedBatch,
        counted: BoolArray,
        behind: BoolArray,
        pane: Int64Array,
        before: Int64Array,
    ) -> None:
        """Count rows, closing windows in between where events are behind."""
        events = Counted(
            event_ts=batch.event_ts,
            pane=pane,
            key=self.tally.keys(batch, counted),
            kind=batch.kind,
            money=batch.amount if batch.home.all() else batch.amount * batch.home,
            latency=batch.latency,
            users=batch.users,
            has_user=batch.has_user,
        )
        at_once, rows = counted & ~behind, rows_where(behind)
        closed = before[rows] // self._policy.hop
        frozen = (before[rows] - self._policy.lateness) // self._policy.hop
        turns = rows_where((closed[1:] != closed[:-1]) | (frozen[1:] != frozen[:-1])) + 1
        groups = list(pairwise([0, *turns.tolist(), rows.size])) if rows.size else []
        if groups and self._stands(int(before[rows[0]]), pane[rows[: groups[0][1]]]):
            _, stop = groups.pop(0)
            self._revise(events.take(rows[:stop]), closed=int(closed[0]), frozen=int(frozen[0]))
            at_once[rows[:stop]] = True
        together = rows_where(at_once)
        if together.size:
            self._add(events if together.size == len(batch) else events.take(together))
        for start, stop in groups:
            group = events.take(rows[start:stop])
            self._advance(int(before[rows[start]]))
            self._extend(group.pane)
            self._advance(int(before[rows[start]]))
            self._revise(group, closed=int(closed[start]), frozen=int(frozen[start]))
            self._add(group)

    def _stands(self, watermark: int, panes: Int64Array) -> bool:
        """Whether nothing closes or freezes up to that watermark, and events of these panes extend nothing."""
        return (
            self._first is not None
            and watermark // self._policy.hop < self._next
            and (watermark - self._policy.lateness) // self._policy.hop <= self._frozen
            and int(panes.min()) + 1 >= self._first
        )

    def _add(self, events: Counted) -> None:
        newest = int(events.event_ts.max())
        self.newest_event = newest if self.newest_event is None else max(self.newest_event, newest)
        self._extend(events.pane)
        self.tally.add(events)

    def _extend(self, panes: Int64Array) -> None:
        """Let the range of rows reach from the pane of the earliest to that of the newest event."""
        self._last_pane = max(self._last_pane, int(panes.max()))
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

    def _revise(self, events: Counted, *, closed: int, frozen: int) -> None:
        """Note which closed windows these events change, before they are added."""
        self.tally.revise(events, closed=closed, frozen=frozen)
        # Freshness may change in all closed windows after the event, whatever their span.
        first = max(int(events.pane.min()), frozen) + 1
        self._dirty.update(range(first, min(closed + 1, self._next)))

    # --- closing and freezing --------------------------------------------------------------------

    def _advance(self, watermark: int) -> None:
        """Close and freeze what the watermark has passed."""
        if self._first is None or watermark == NEVER:
            return
        everything = watermark == PAST_ALL
        close_to = self._last_pane + 1 if everything else watermark // self._policy.hop
        frozen = close_to if everything else (watermark - self._policy.lateness) // self._policy.hop
        while self._next <= close_to:
            stop = min(close_to + 1, self._next + _WINDOWS_AT_ONCE)
            windows = np.arange(self._next, stop)
            self._next = stop
            self._publish(self.tally.closing(windows), alert=True)
            if stop <= close_to and self._frozen < min(frozen, stop - 1):  # what is far behind is not held
                self._freeze(min(frozen, stop - 1))
        if frozen > self._frozen:
            self._freeze(frozen)

    def _freeze(self, window: int) -> None:
        """Windows up to this one never change again; what no later one needs is forgotten."""
        start, self._frozen = self._frozen + 1, window
        for first in range(max(start, self._first or 0), min(window + 1, self._next), _WINDOWS_AT_ONCE):
            windows = np.arange(first, min(window + 1, self._next, first + _WINDOWS_AT_ONCE))
            self._finish(self.tally.closed(windows))
        self.tally.forget_before(min(window + 1, self._next))

    def _finish(self, windows: WindowSums) -> None:
        """Final rows, as the windows stand."""
        self.tally.archive.freeze(windows.windows, windows.users, windows.newest)
        rows, flags = self._flagged(windows)
        self.final.add(rows, flags)
        changed = self._dirty.intersection(windows.windows.tolist())
        if changed:
            places = rows_where(np.isin(rows.window, list(changed)))
            self.revised.add(rows.take(places), [flags[place] for place in places.tolist()])
            self._dirty -= changed
        for window in windows.windows.tolist():
            del self.flags[window]

    def _publish(self, windows: WindowSums, *, alert: bool) -> None:
        """Rows at close, judged; alerts move on, except for windows before those already judged."""
        rows = windows.rows(self.span, self.tally.gateways.names)
        judged = Judged(rows, self.rules, currency_exponent=self.settings.currency_exponent)
        for window, key, flags in zip(rows.window.tolist(), rows.key.tolist(), judged.flags, strict=True):
            self.flags.setdefault(window, {})[key] = flags
        self.closed.add(rows, judged.flags)
        if alert:
            self._step_alerts(rows, judged)

    def _step_alerts(self, rows: Rows, judged: Judged) -> None:
        rules = [rule for rule in self.rules if rule.kpi != FRESHNESS or not self.settings.live]
        edges = [0, *(rows_where(np.diff(rows.window)) + 1).tolist(), len(rows)]
        repeats, at_rest = [*judged.repeats().tolist(), False], False
        for start, stop in pairwise(edges):
            # Of a long silence, alerts at rest are shown the beginning and the end only.
            if at_rest and repeats[start] and repeats[start + 1]:
                continue
            watched = self.alert_book.gateways
            self._transitions += self.alert_book.step(
                [judged[place] for place in range(start, stop) if judged.matters(place, watched)],
                rules,
                at=int(rows.window[start]) * self._policy.hop,
            )
            at_rest = self.alert_book.at_rest
        self._newest = (rows.take(np.arange(edges[-2], edges[-1])), self.rules)

    def _flagged(self, windows: WindowSums) -> tuple[Rows, Sequence[Flags]]:
        """Rows as the windows stand, with what was said of them at their close."""
        rows = windows.rows(self.span, self.tally.gateways.names)
        none: dict[int, Flags] = {}
        flags = [
            self.flags.get(window, none).get(key, UNJUDGED)
            for window, key in zip(rows.window.tolist(), rows.key.tolist(), strict=True)
        ]
        return rows, flags
