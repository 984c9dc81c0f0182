"""What has been counted: panes, latencies, users and revisions per gateway, and the windows they add up to."""

from collections import ChainMap
from dataclasses import dataclass

import numpy as np

from revtui.core.archive import PaneArchive
from revtui.core.arrays import BoolArray, Float64Array, Int64Array, State, UInt64Array, rows_where
from revtui.core.daily import Calendar, DayTotals
from revtui.core.distinct import DistinctUsers
from revtui.core.gateways import GatewayKeys
from revtui.core.levels import Levels
from revtui.core.measures import P95
from revtui.core.panes import SLOT, SLOTS, PaneSums, cell_sums, cells_of
from revtui.core.quantiles import LatencyPanes, Walk, percentiles_of
from revtui.core.watermarks import NEVER
from revtui.core.windows import WindowPolicy
from revtui.engine.encoding import EncodedBatch
from revtui.engine.rows import WindowSums

_LATENCIES = SLOT["latency_count"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Events that count, as far as they are added up."""

    event_ts: Int64Array
    pane: Int64Array
    key: Int64Array
    """Of the gateway, 0 for none."""
    kind: Int64Array
    money: Int64Array
    """Absolute amount in minor units of the configured currency; 0 where there is none."""
    latency: Int64Array
    """Milliseconds; negative where there is none."""
    users: UInt64Array
    """Hashes; only those where `has_user` mean anything."""
    has_user: BoolArray

    def __len__(self) -> int:
        return self.event_ts.size

    def take(self, rows: Int64Array) -> "Counted":
        """Some of the events."""
        return Counted(
            event_ts=self.event_ts.take(rows),
            pane=self.pane.take(rows),
            key=self.key.take(rows),
            kind=self.kind.take(rows),
            money=self.money.take(rows),
            latency=self.latency.take(rows),
            users=self.users.take(rows),
            has_user=self.has_user.take(rows),
        )


class Tally:
    """The counted events, as far back as a window may still change."""

    def __init__(
        self,
        policy: WindowPolicy,
        calendar: Calendar,
        *,
        max_gateways: int,
        max_users: int,
        latency_sla_ms: int,
        archived_panes: int,
    ) -> None:
        """Start with nothing counted."""
        self._policy = policy
        self._latency_sla_ms = latency_sla_ms
        self.gateways = GatewayKeys(maximum=max_gateways)
        self.days = DayTotals(calendar, hop=policy.hop, latency_sla_ms=latency_sla_ms)
        self._panes = PaneSums(keys=1)
        self.archive = PaneArchive(most_panes=archived_panes)
        self._latencies = LatencyPanes()
        self._users = DistinctUsers(hop=policy.hop, span=policy.users_span, keys=1, most=max_users)
        self._revisions = Levels(keys=1)
        self._percentiles: dict[int, Float64Array] = {}  # of closed windows, until a latency comes in behind

    def keys(self, batch: EncodedBatch, counted: BoolArray) -> Int64Array:
        """Key of the gateway of each row that counts, else 0; new ones get theirs in order of arrival."""
        keys = np.zeros(len(batch), dtype=np.int64)
        rows = rows_where(batch.has_gateway & counted)
        if rows.size:
            before = len(self.gateways)
            keys[rows] = self.gateways.keys(
                batch.gateways.take(rows), lambda row: str(batch.gateway_name[int(rows[row])])
            )
            if len(self.gateways) > before:
                for room in self._parts().values():
                    room.widen(len(self.gateways))
        return keys

    def add(self, events: Counted) -> None:
        """Count events."""
        cells = cells_of(events.pane, events.key, keys=len(self.gateways))
        what = events.kind, events.money, events.latency
        sums = cell_sums(cells, *what, latency_sla_ms=self._latency_sla_ms)
        self._panes.add(cells, sums, events.event_ts)
        self._latencies.add(cells, events.latency)
        self.days.add(cells, sums, events.event_ts, *what)
        if events.has_user.all():
            self._users.add(events.users, events.event_ts, events.key)
        else:
            known = rows_where(events.has_user)
            self._users.add(events.users.take(known), events.event_ts.take(known), events.key.take(known))

    def revise(self, events: Counted, *, closed: int, frozen: int) -> None:
        """Note, before they are added, the revisions that events behind make: of windows closed and
        not frozen that contain them, or whose users-span does.
        """
        first_user, last_user = self._users.windows_of(events.event_ts)
        last_window = events.pane + self._policy.panes_per_window
        first = np.maximum(np.minimum(events.pane + 1, first_user), frozen + 1)
        last = np.minimum(np.maximum(last_window, last_user), closed)
        self._revisions.raise_between(first, last, np.zeros(len(events), dtype=np.int64))
        own = rows_where(events.key)
        self._revisions.raise_between(first.take(own), last.take(own), events.key.take(own))
        timed = events.latency >= 0
        for pane in np.unique(events.pane[timed]).tolist():
            for window in range(pane + 1, pane + 1 + self._policy.panes_per_window):
                self._percentiles.pop(window, None)

    def closing(self, windows: Int64Array) -> WindowSums:
        """The given windows (ends in hops, ascending) as they close now."""
        return self._windows(windows, walk=self._latencies.closing, known=self._percentiles)

    @property
    def users_estimated(self) -> bool:
        """Whether active users of windows that are not frozen yet may be estimates."""
        return self._users.estimated

    def closed(self, windows: Int64Array) -> WindowSums:
        """Windows that have closed, as they stand now."""
        return self._windows(windows, walk=self._latencies.behind, known=self._percentiles)

    def open(self, windows: Int64Array) -> WindowSums:
        """Windows that have not closed, as they stand now."""
        return self._windows(windows, walk=Walk(), known={})

    def _windows(self, windows: Int64Array, *, walk: Walk, known: dict[int, Float64Array]) -> WindowSums:
        sums = self._panes.windows(windows, self._policy.panes_per_window)
        timed = rows_where(sums[:, 0, _LATENCIES]).tolist()
        ends = windows.tolist()
        missing = [ends[place] for place in timed if ends[place] not in known]
        if missing:
            per_window = self._policy.panes_per_window
            found = self._latencies.percentiles(np.array(missing), per_window, P95, walk=walk)
            known.update(zip(missing, found, strict=True))
        percentiles = np.full(sums.shape[:2], np.nan)
        for place in timed:
            own = known[ends[place]]
            percentiles[place, : own.size] = own
        return WindowSums(
            windows=windows,
            sums=sums,
            percentiles=percentiles,
            users=self._users.at(windows),
            newest=self._panes.newest_before(windows),
            revisions=self._revisions.at(windows),
        )

    def look(self, windows: Int64Array, panes: int, walk: Walk, *, frozen: int) -> WindowSums:
        """Windows of another length, in panes, as they stand; `frozen` is the newest frozen window.

        Older ones begin no earlier than the archive does. `walk` goes on from where it stands. A window of
        which not all latencies are kept any more has no p95.
        """
        keys = len(self.gateways)
        sums = self._panes.windows(windows, panes)
        sums += self.archive.sums(windows - panes, windows, keys=keys)
        users, newest = np.empty(sums.shape[:2], np.int64), np.empty(sums.shape[:2], np.int64)
        old, new = rows_where(windows <= frozen), rows_where(windows > frozen)
        users[old], newest[old] = self.archive.frozen(windows[old], keys=keys)
        users[new], newest[new] = self._users.at(windows[new]), self._panes.newest_before(windows[new])
        percentiles = np.full(sums.shape[:2], np.nan)
        whole = windows - panes >= self.archive.timed_start
        timed = rows_where((sums[:, 0, _LATENCIES] > 0) & whole)
        if timed.size:
            kept = ChainMap(dict(self._latencies.panes), dict(self.archive.latencies))
            percentiles[timed] = percentiles_of(kept, windows[timed], panes, P95, walk=walk, keys=keys)
        return WindowSums(
            windows=windows,
            sums=sums,
            percentiles=percentiles,
            users=users,
            newest=newest,
            revisions=np.zeros(sums.shape[:2], dtype=np.int64),
        )

    def forget_before(self, window: int) -> None:
        """Nothing before what this window needs will be asked for again, but for windows of other lengths."""
        dead = window - self._policy.panes_per_window
        latencies = self._latencies.drop_before(dead)
        if self.archive.most:
            first = self.archive.stop if self.archive.count else self._panes.first
            first = max(first, dead - self.archive.room(len(self.gateways)))
            panes = np.arange(first, dead)
            if panes.size and (self.archive.count or self._panes.first != NEVER):
                self.archive.keep(first, self._panes.windows(panes + 1, 1), latencies)
        self._panes.drop_before(dead)
        self._users.forget_before(window)
        self._revisions.drop_before(window)
        for old in [known for known in self._percentiles if known < window]:
            del self._percentiles[old]

    def dump(self) -> State:
        """The state as arrays, for `load`; the gateways' names apart."""
        parts = {"gateways": self.gateways, **self._parts()}
        return {
            f"{part}.{name}": values for part, held in parts.items() for name, values in held.dump().items()
        }

    def load(self, state: State, gateways: list[str]) -> None:
        """Become what `dump` described."""

        def of(part: str) -> State:
            prefix = f"{part}."
            return {name.removeprefix(prefix): state[name] for name in state if name.startswith(prefix)}

        self.gateways.load(of("gateways"), gateways)
        for part, held in self._parts().items():
            held.load(of(part))

    def _parts(self) -> "dict[str, PaneSums | LatencyPanes | DistinctUsers | Levels | DayTotals]":
        return {
            "days": self.days,
            "panes": self._panes,
            "latencies": self._latencies,
            "users": self._users,
            "revisions": self._revisions,
        }


def nothing(windows: Int64Array) -> WindowSums:
    """Windows before the first event: as they were when they closed, and some are frozen so."""
    none = np.zeros((windows.size, 1), dtype=np.int64)
    return WindowSums(
        windows=windows,
        sums=np.zeros((windows.size, 1, SLOTS), dtype=np.int64),
        percentiles=np.full((windows.size, 1), np.nan),
        users=none,
        newest=np.full((windows.size, 1), NEVER),
        revisions=none,
    )
