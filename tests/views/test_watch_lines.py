from dataclasses import replace

import polars as pl

from factories import SCENES, healthy, incident
from revtui.core.text import sanitise
from revtui.views.watch import WatchView, transition_line, window_line


def test_a_window_is_one_plain_line_with_its_flag_first() -> None:
    row = incident().snapshot.rows.filter(pl.col("gateway_name") == "*").row(-1, named=True)
    assert window_line(row, "USD") == (
        "2026-03-05 12:40Z window OK 1,003 events, revenue $43,473.90, fail rate 12.3 %, p95 latency 905 ms,"
        " active users 607, freshness 0 min"
    )


def test_a_breach_ends_with_its_reason_and_a_revision_says_so() -> None:
    row = SCENES["outage"]().snapshot.rows.filter(pl.col("gateway_name") == "*").row(-1, named=True)
    line = window_line(row | {"revision": 7}, "USD")
    assert line.startswith("2026-03-05 12:40Z window CRIT (revised by 7) ")
    assert line.endswith(
        ": payment fail rate 70.0 % > 30 % (280 of 400 attempts); p95 latency 1,840 ms > 1,200 ms"
    )


def test_a_transition_is_one_plain_line() -> None:
    transition = incident().transitions[-1]
    assert transition_line(transition) == (
        "2026-03-05 12:39:00Z alert CRIT fail_rate of stripe pending to firing:"
        " payment fail rate 78.8 % > 30 % (41 of 52 attempts)"
    )
    assert " pending to firing [silenced]: " in transition_line(replace(transition, muted_by="silenced"))


def test_active_users_that_are_an_estimate_are_marked() -> None:
    row = incident().snapshot.rows.filter(pl.col("gateway_name") == "*").row(-1, named=True)
    row |= {"alert_flag": "WARN", "alert_reason": "active users 607 < 900"}
    line = window_line(row, "USD", estimated=True)
    assert "active users ~607, freshness" in line
    assert line.endswith(": active users ~607 < 900")
    told = replace(incident().transitions[-1], reason="active users 607 < 900")
    assert transition_line(told, estimated=True).endswith(": active users ~607 < 900")
    assert "~" not in window_line(row, "USD") + transition_line(told)


def test_every_window_is_said_once_and_again_when_revised() -> None:
    snapshot = healthy().snapshot
    watch = WatchView()
    assert watch.news(snapshot).height == 90
    assert watch.news(snapshot).is_empty()
    newest = pl.col("window_end") == pl.col("window_end").max()
    revised = snapshot.rows.with_columns(
        pl.when(newest).then(3).otherwise(pl.col("revision")).alias("revision")
    )
    (row,) = watch.news(replace(snapshot, rows=revised)).iter_rows(named=True)
    assert window_line(row, "USD").startswith("2026-03-05 12:40Z window OK (revised by 3) ")


def test_lines_are_plain_and_single_in_every_scene() -> None:
    for make in SCENES.values():
        made = make()
        rows = WatchView().news(made.snapshot).iter_rows(named=True)
        lines = [window_line(row, made.snapshot.currency) for row in rows]
        for line in lines + [transition_line(transition) for transition in made.transitions]:
            assert sanitise(line) == line
            assert "\n" not in line
            assert "None" not in line
