"""Between feed and screen: what there is to show now, without a widget in sight.

Holds the pause, the alert log and the filter. `poll` takes in what is new and says whether anything
is; `picture` gives everything the screen shows. A paused session keeps its snapshot and counts what
arrives behind it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from revtui.core.filters import Query, matching, parse
from revtui.engine.snapshot import Snapshot
from revtui.tui.feed import Feed
from revtui.tui.state import ViewState, whole_query
from revtui.views import overview
from revtui.views.ledger import AlertLedger
from revtui.views.model import AlertRow, OverviewView, PauseInfo

KEPT_QUERIES = 16
STILL_SECONDS = 1.0
"""A live screen is drawn anew this often even without a new snapshot: ages grow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Everything shown at one moment."""

    snapshot: Snapshot
    now: int
    view: OverviewView
    alerts: Sequence[AlertRow]
    """Those that the filter lets through."""
    total: int
    """Alerts in the log, hidden ones included."""
    dropped: int = 0
    """Alerts that are no longer in the log, since there were too many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pause:
    snapshot: Snapshot
    rows: Sequence[AlertRow]
    since: int
    cursor: int


class Session:
    """One person looking at one feed."""

    def __init__(self, feed: Feed, *, monotonic: Callable[[], float]) -> None:
        """`monotonic` tells seconds that never run backwards."""
        self.feed = feed
        self._monotonic = monotonic
        self._snapshot: Snapshot | None = None
        self._received = monotonic()
        self._polled = 0.0
        self._ledger: AlertLedger | None = None
        self._pause: _Pause | None = None
        self._queries: dict[str, Query] = {}

    @property
    def paused(self) -> bool:
        """Whether the picture stands still."""
        return self._pause is not None

    @property
    def snapshot(self) -> Snapshot | None:
        """The snapshot shown: the newest, or the one held by a pause."""
        return self._pause.snapshot if self._pause is not None else self._snapshot

    @property
    def now(self) -> int:
        """The feed's clock: when the newest snapshot was taken, plus the time since while it is live."""
        if self._snapshot is None:
            return 0
        if not self._snapshot.live:
            return self._snapshot.taken_at
        return self._snapshot.taken_at + int((self._monotonic() - self._received) * 1_000_000)

    def poll(self) -> bool:
        """Take in what is new. Whether the screen has anything new to show."""
        newest = self.feed.mailbox.peek()
        if newest is None:
            return False
        changed = self._snapshot is None or newest.revision != self._snapshot.revision
        if changed:
            self._snapshot, self._received = newest, self._monotonic()
            if self._ledger is None:
                self._ledger = AlertLedger.of(newest)
        if self._ledger is not None:
            self._ledger.users_estimated = newest.users_estimated
            changed = bool(self._ledger.add(self.feed.transitions.since(self._ledger.cursor))) or changed
        ticking = newest.live or self.paused
        if ticking and self._monotonic() - self._polled >= STILL_SECONDS:
            changed = True
        if changed:
            self._polled = self._monotonic()
        return changed

    def pause(self) -> None:
        """Hold the picture."""
        if self._snapshot is not None and self._ledger is not None and self._pause is None:
            self._pause = _Pause(
                snapshot=self._snapshot,
                rows=self._ledger.rows(self.now, self._snapshot.alerts),
                since=self.now,
                cursor=self._ledger.cursor,
            )

    def resume(self) -> None:
        """Show what is happening now."""
        self._pause = None

    def picture(self, state: ViewState) -> Picture | None:
        """Everything to show; None before the first snapshot."""
        snapshot = self.snapshot
        if snapshot is None:
            return None
        now = self._pause.since if self._pause is not None else self.now
        rows = self._rows(now)
        view = overview.build(
            snapshot,
            now=self.now,
            span=state.span_us,
            metric=state.metric,
            paused=self._pause_info(),
            alerts=rows,
        )
        query = whole_query(state)
        shown = matching(self.compiled(query), rows, now) if query else rows
        return Picture(
            snapshot=snapshot,
            now=now,
            view=view,
            alerts=shown,
            total=len(rows),
            dropped=self._ledger.dropped if self._ledger is not None else 0,
        )

    @property
    def revision(self) -> int:
        """Of the newest snapshot; 0 before the first."""
        return 0 if self._snapshot is None else self._snapshot.revision

    def compiled(self, query: str) -> Query:
        """What a text asks; the last few are kept.

        Raises:
            FilterError: when it is no query.
        """
        if query not in self._queries:
            if len(self._queries) > KEPT_QUERIES:
                self._queries.clear()
            self._queries[query] = parse(query)
        return self._queries[query]

    def _rows(self, now: int) -> Sequence[AlertRow]:
        if self._pause is not None:
            return self._pause.rows
        if self._ledger is None or self._snapshot is None:
            return ()
        return self._ledger.rows(now, self._snapshot.alerts)

    def _pause_info(self) -> PauseInfo | None:
        if self._pause is None or self._snapshot is None or self._ledger is None:
            return None
        return PauseInfo(
            since=self._pause.since,
            events=self._snapshot.accounting.read - self._pause.snapshot.accounting.read,
            alerts=self._ledger.cursor - self._pause.cursor,
        )
