"""The System tab in words: ages where there is a clock, rates where there are any, offsets that are no lines."""

from dataclasses import replace

import pytest

from factories import NOW, SCENES, SECOND, Scene, scene, source
from revtui.core.events import Rejected
from revtui.engine.snapshot import SourceState
from revtui.views.overview import build
from revtui.views.system import data_lines, rejected_line

REJECT = Rejected(
    reason="bad_amount",
    detail="amount '12.505'",
    source="/var/data/orders.csv",
    offset=2_097_152,
    raw="e1,12.505",
)


def _text(made: Scene, **fields: object) -> str:
    snapshot = replace(made.snapshot, **fields)  # type: ignore[arg-type] # names are the test's
    lines = data_lines(snapshot, build(snapshot, now=made.now).status, made.now)
    return "\n".join("".join(text for text, _role in line) for line in lines)


def test_a_file_read_to_its_end_has_no_age_and_no_rate() -> None:
    text = _text(SCENES["ended"](), events_per_second=81_234.0)
    assert "orders.csv  ended\n" in text
    assert "for 0.0s" not in text
    assert "rows/s" not in text


def test_a_live_source_says_for_how_long_it_has_been_so() -> None:
    made = scene(sources=(source(state=SourceState.IDLE, since=NOW - 130 * SECOND),))
    assert "orders.csv  idle for 2m10s" in _text(made)
    assert "20.0 rows/s" in _text(made)


def test_the_speed_at_which_a_backlog_is_read_is_no_rate() -> None:
    text = _text(SCENES["catching_up"](), events_per_second=81_234.0)
    assert "catching up" in text
    assert "rows/s" not in text


@pytest.mark.parametrize(
    ("named", "text"),
    [
        (False, "bad_amount      offset 2,097,152  amount '12.505'  e1,12.505"),
        (True, "bad_amount      orders.csv offset 2,097,152  amount '12.505'  e1,12.505"),
    ],
)
def test_a_rejected_row_has_its_offset_by_name_and_its_source_only_among_several(
    named: bool, text: str
) -> None:
    assert "".join(part for part, _role in rejected_line(REJECT, named=named)) == text
