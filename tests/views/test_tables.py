from dataclasses import replace

import polars as pl
import pytest

from factories import MINUTE, NEWEST_END, NOON, SCENES, Figures, healthy, incident, scene, source, steady
from revtui.core.severity import Severity
from revtui.core.windows import WindowPolicy
from revtui.engine.snapshot import newest_rows
from revtui.views.lengths import newest_end
from revtui.views.palette import Role
from revtui.views.tables import GATEWAY_COLUMNS, WINDOW_COLUMNS, gateways, windows


def test_gateways_come_worst_first_then_by_revenue() -> None:
    rows = gateways(incident().snapshot)
    assert [row.name for row in rows] == ["stripe", "adyen", "paypal", "kafka-pay"]
    assert [row.severity for row in rows] == [Severity.CRIT, Severity.OK, Severity.OK, Severity.OK]
    assert rows[0].fail_rate == "78.8 %"
    assert rows[0].spark[-3:] == pytest.approx([78.846] * 3, abs=0.01)


SIZES = {
    "a": Figures(purchases=10, users=30),
    "b": Figures(purchases=30, users=10),
    "c": Figures(purchases=20, users=20),
}


@pytest.mark.parametrize(
    ("sort", "reverse", "names"),
    [
        ("name", False, "abc"),
        ("name", True, "cba"),
        ("revenue", False, "bca"),
        ("revenue", True, "acb"),
        ("users", False, "acb"),
        ("attempts", False, "bca"),
        ("fail_rate", False, "acb"),
    ],
)
def test_gateways_sort_by_any_column_greatest_first(sort: str, reverse: bool, names: str) -> None:
    made = scene(lambda gateway, _back: SIZES[gateway], gateways="abc", windows=2)
    assert "".join(row.name for row in gateways(made.snapshot, sort=sort, reverse=reverse)) == names


@pytest.mark.parametrize("sort", GATEWAY_COLUMNS)
@pytest.mark.parametrize("name", SCENES)
def test_every_scene_sorts_by_every_column_both_ways(name: str, sort: str) -> None:
    snapshot = SCENES[name]().snapshot
    names = {row.name for row in gateways(snapshot, sort=sort)}
    assert {row.name for row in gateways(snapshot, sort=sort, reverse=True)} == names


def test_a_gateway_that_fell_silent_is_still_shown_without_data() -> None:
    made = scene(lambda gateway, back: None if gateway == "paypal" and back < 4 else steady(gateway, back))
    for reverse in (False, True):
        row = gateways(made.snapshot, sort="revenue", reverse=reverse)[-1]
        assert (row.name, row.revenue, row.severity) == ("paypal", "no data", Severity.UNKNOWN)
    assert row.spark[-4:] == [None] * 4
    gone = scene(lambda gateway, back: None if gateway == "paypal" and back < 40 else steady(gateway, back))
    assert "paypal" not in [row.name for row in gateways(gone.snapshot)]


def test_a_gateway_with_too_few_attempts_is_judged_by_the_other_rules() -> None:
    made = scene(lambda _gateway, _back: Figures(purchases=3, failed=3), gateways=("tiny",), windows=3)
    assert gateways(made.snapshot)[0].severity is Severity.OK
    fail_only = tuple(rule for rule in made.snapshot.rules if rule.kpi == "fail_rate")
    made = scene(
        lambda _gateway, _back: Figures(purchases=3, failed=3), gateways=("tiny",), windows=3, rules=fail_only
    )
    assert gateways(made.snapshot)[0].severity is Severity.UNKNOWN


def test_only_the_value_that_is_the_alarm_is_one() -> None:
    made = scene(
        lambda gateway, back: replace(
            steady(gateway, back), latency_ms=1840.0 if gateway == "paypal" else 400.0
        )
    )
    rows = {row.name: row for row in gateways(made.snapshot)}
    assert rows["paypal"].severity is Severity.WARN
    assert rows["paypal"].alarms == {"p95": Severity.WARN}
    assert rows["paypal"].trend is Role.LINE, "the fail rate is well"
    assert rows["stripe"].alarms == {}
    failing = {row.name: row for row in gateways(incident().snapshot)}["stripe"]
    assert (failing.alarms, failing.trend) == ({"fail_rate": Severity.CRIT}, Role.CRIT_LINE)


def test_before_the_first_window_tables_are_empty() -> None:
    snapshot = SCENES["no_data"]().snapshot
    assert newest_end(snapshot) is None
    assert newest_rows(snapshot.rows).is_empty()
    assert gateways(snapshot) == ()
    assert windows(snapshot) == ()


def test_windows_come_newest_first_with_the_open_one_on_top() -> None:
    rows = windows(incident().snapshot, limit=4)
    assert [row.cells[0] for row in rows] == ["12:42Z", "12:40Z", "12:39Z", "12:38Z"]
    assert rows[0].cells[-1] == "not all of its events are in yet"
    assert [row.provisional for row in rows] == [True, False, False, False]
    assert rows[0].cells[WINDOW_COLUMNS.index("flag")] == "open"
    assert all(len(row.cells) == len(WINDOW_COLUMNS) for row in rows)


def test_every_window_still_open_is_on_top_newest_first() -> None:
    made = incident().snapshot
    assert made.provisional is not None
    older = made.provisional.with_columns(pl.col("window_end", "window_start") - MINUTE)
    both = replace(made, provisional=pl.concat([older, made.provisional]))
    rows = windows(both, limit=4)
    assert [(row.cells[0], row.provisional) for row in rows] == [
        ("12:42Z", True),
        ("12:41Z", True),
        ("12:40Z", False),
        ("12:39Z", False),
    ]
    assert [row.end for row in rows] == [NEWEST_END + n * MINUTE for n in (2, 1, 0, -1)]


def test_windows_of_another_day_carry_their_date() -> None:
    made = scene(
        newest_end=NOON + 12 * 60 * MINUTE + MINUTE, now=NOON + 12 * 60 * MINUTE + 2 * MINUTE, windows=3
    )
    assert [row.cells[0] for row in windows(made.snapshot)[1:]] == ["00:01Z", "00:00Z", "Mar 05 23:59Z"]


def test_windows_of_one_gateway_carry_flag_and_reason() -> None:
    row = windows(incident().snapshot, gateway="stripe")[1]
    assert row.severity is Severity.CRIT
    assert row.cells == (
        "12:40Z", "157", "11", "41", "$867.90", "78.8 %", "905 ms", "170", "0 min", "CRIT",
        "payment fail rate 78.8 % > 30 % (41 of 52 attempts)",
    )  # fmt: skip


def test_a_revised_window_says_by_how_many_events() -> None:
    late = SCENES["late"]().snapshot
    assert [row.cells[0] for row in windows(late, limit=4)] == ["12:42Z", "12:40Z", "12:39Z +4", "12:38Z +8"]


def test_an_empty_window_has_no_rates() -> None:
    row = windows(SCENES["empty"]().snapshot)[1]
    assert row.cells[1:9] == ("0", "0", "0", "$0.00", "no data", "no data", "0", "20 min")


def test_short_hops_show_seconds() -> None:
    policy = WindowPolicy(length=30_000_000, hop=5_000_000)
    made = scene(policy=policy, windows=3, newest_end=NEWEST_END, sources=(source(),))
    assert [row.cells[0] for row in windows(made.snapshot)] == [
        "12:40:10Z",
        "12:40Z",
        "12:39:55Z",
        "12:39:50Z",
    ]


def test_a_snapshot_without_an_open_window_shows_only_final_rows() -> None:
    made = healthy().snapshot
    assert not any(row.provisional for row in windows(replace(made, provisional=None)))
    assert made.policy.hop == MINUTE
