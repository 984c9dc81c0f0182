"""What has been counted: panes, latencies, users and revisions per gateway, and the windows they add up to."""

import numpy as np
import numpy.typing as npt

from revtui.core.distinct import DistinctUsers
from revtui.core.gateways import GatewayKeys
from revtui.core.panes import Field, PaneSums
from revtui.core.quantiles import LatencyPanes
from revtui.core.timeline import Counts, Levels
from revtui.core.watermarks import NEVER, Int64Array, State
from revtui.core.windows import WindowPolicy
from revtui.engine.encoding import EncodedBatch
from revtui.engine.rows import WindowSums

_P95 = 0.95


class Tally:
    """The counted events, as far back as a window may still change."""

    def __init__(self, policy: WindowPolicy, *, max_gateways: int, latency_sla_ms: int) -> None:
        """Start with nothing counted."""
        self._policy = policy
        self.gateways = GatewayKeys(maximum=max_gateways)
        self._panes = PaneSums(keys=1, latency_sla_ms=latency_sla_ms)
        self._latencies = LatencyPanes()
        self._users = DistinctUsers(hop=policy.hop, span=policy.users_span, keys=1)
        self._revisions = Levels(keys=1)

    def keys(self, batch: EncodedBatch, rows: Int64Array) -> Int64Array:
        """Key of each row's gateway, 0 for none; new ones get theirs in order of arrival."""
        keys = np.zeros(rows.size, dtype=np.int64)
        named = batch.has_gateway[rows]
        if named.any():
            own = rows[named]
            keys[named] = self.gateways.keys(
                batch.gateways[own], lambda row: str(batch.gateway_name[int(own[row])])
            )
            for room in (self._panes, self._latencies, self._users, self._revisions):
                room.widen(len(self.gateways))
        return keys

    def add(self, batch: EncodedBatch, rows: Int64Array, keys: Int64Array, pane: Int64Array) -> None:
        """Count the given rows of a batch; `keys` are theirs, `pane` is that of every row of the batch."""
        panes, event_ts, latency = pane[rows], batch.event_ts[rows], batch.latency[rows]
        money = np.where(batch.home[rows], batch.amount[rows], 0)
        self._panes.add(panes, keys, event_ts, batch.kind[rows], money, latency)
        timed = latency >= 0
        self._latencies.add(panes[timed], keys[timed], latency[timed])
        known = batch.has_user[rows]
        self._users.add(batch.users[rows][known], event_ts[known], keys[known])

    def revise(
        self, event_ts: Int64Array, pane: Int64Array, keys: Int64Array, *, closed: int, frozen: int
    ) -> None:
        """Note the revisions that events behind make: of windows closed and not frozen that contain
        them, or whose users-span does.
        """
        first_user, last_user = self._users.windows_of(event_ts)
        first = np.maximum(np.minimum(pane + 1, first_user), frozen + 1)
        last = np.minimum(np.maximum(pane + self._policy.panes_per_window, last_user), closed)
        self._revisions.raise_between(first, last, np.zeros(pane.size, dtype=np.int64))
        own = keys > 0
        self._revisions.raise_between(first[own], last[own], keys[own])

    def windows(self, windows: Int64Array) -> WindowSums:
        """The given windows (ends in hops, ascending) as they stand now."""
        per_window = self._policy.panes_per_window
        sums = self._panes.windows(windows, per_window)
        percentiles = np.full(sums.shape[:2], np.nan)
        timed = np.flatnonzero(sums[:, 0, Field.LATENCIES])
        if timed.size:
            percentiles[timed] = self._latencies.percentiles(windows[timed], per_window, _P95)
        return WindowSums(
            windows=windows,
            sums=sums,
            percentiles=percentiles,
            users=self._users.at(windows),
            newest=self._panes.newest_before(windows),
            revisions=self._revisions.at(windows),
        )

    def dump(self) -> State:
        """The state as arrays, for `load`; the gateways' names apart."""
        return {
            f"{part}.{name}": values
            for part, held in self._parts().items()
            for name, values in held.dump().items()
        }

    def load(self, state: State, gateways: list[str]) -> None:
        """Become what `dump` described."""
        for part, held in self._parts().items():
            own = {
                name.removeprefix(f"{part}."): values
                for name, values in state.items()
                if name.startswith(f"{part}.")
            }
            if isinstance(held, GatewayKeys):
                held.load(own, gateways)
            else:
                held.load(own)

    def _parts(self) -> "dict[str, GatewayKeys | Counts | LatencyPanes | DistinctUsers | Levels]":
        return {
            "gateways": self.gateways,
            "counts": self._panes.counts,
            "newest": self._panes.newest,
            "latencies": self._latencies,
            "users": self._users,
            "revisions": self._revisions,
        }

    def forget_before(self, window: int) -> None:
        """Nothing before what this window needs will be asked for again."""
        self._panes.drop_before(window - self._policy.panes_per_window)
        self._latencies.drop_before(window - self._policy.panes_per_window)
        self._users.forget_before(window)
        self._revisions.drop_before(window)


def nothing(windows: Int64Array) -> WindowSums:
    """Windows before the first event: as they were when they closed, and some are frozen so."""
    none: npt.NDArray[np.int64] = np.zeros((windows.size, 1), dtype=np.int64)
    return WindowSums(
        windows=windows,
        sums=np.zeros((windows.size, 1, len(Field)), dtype=np.int64),
        percentiles=np.full((windows.size, 1), np.nan),
        users=none,
        newest=np.full((windows.size, 1), NEVER),
        revisions=none,
    )
