"""Old panes: how much room they may take, and that what is given up is never shown as if it were whole."""

import numpy as np
import pytest

from revtui.core import archive as archives
from revtui.core.archive import PaneArchive
from revtui.core.panes import SLOTS
from revtui.core.quantiles import LatencyPane

PANE_BYTES = 8 * (SLOTS + 2)


def kept(archive: PaneArchive, first: int, count: int, *, keys: int = 1, latencies: int = 0) -> None:
    """Keep panes whose sums are all their own number, each with so many different latencies."""
    panes = np.arange(first, first + count)
    sums = np.broadcast_to(panes[:, None, None], (count, keys, SLOTS)).astype(np.int64)
    held = {
        pane: LatencyPane(np.arange(latencies), np.ones(latencies, dtype=np.int64))
        for pane in (panes.tolist() if latencies else [])
    }
    archive.keep(first, sums, held)


@pytest.mark.parametrize("step", [1, 7, 100])
@pytest.mark.parametrize("keys", [1, 5, 65])
def test_it_takes_no_more_room_than_it_may(monkeypatch: pytest.MonkeyPatch, step: int, keys: int) -> None:
    monkeypatch.setattr(archives, "_MOST_BYTES", 200 * PANE_BYTES * keys)
    archive = PaneArchive(most_panes=1 << 60)
    for first in range(1000, 4000, step):
        kept(archive, first, step, keys=keys)
        assert archive.count <= archive.room(keys) == 200
        assert archive._rows.nbytes <= (200 * 5 // 4 + 64 + step) * PANE_BYTES * keys
    start, stop = archive.start, archive.stop
    assert stop - start == 200
    sums = archive.sums(np.array([start]), np.array([stop]), keys=keys)
    assert sums[0, :, 0].tolist() == [sum(range(start, stop))] * keys


def test_only_so_many_panes_are_kept_as_are_asked_for() -> None:
    archive = PaneArchive(most_panes=60)
    kept(archive, 0, 500)
    assert (archive.start, archive.stop) == (440, 500)


def test_the_oldest_panes_lose_their_latencies_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_MOST_CODES", 1000)
    archive = PaneArchive(most_panes=1000)
    for first in range(100):
        kept(archive, first, 1, latencies=50)
    assert archive.start == 0, "their sums stay"
    assert archive.timed_start == 80
    assert sorted(archive.latencies) == list(range(80, 100))


def test_nothing_is_kept_where_nothing_is_asked_for() -> None:
    archive = PaneArchive(most_panes=0)
    kept(archive, 0, 10, latencies=5)
    assert (archive.count, archive.latencies) == (0, {})
