import json
from dataclasses import replace

import polars as pl

from factories import SCENES, healthy, incident
from revtui.core.kpis import PUBLIC_COLUMNS
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


def test_every_window_is_said_once_and_again_when_revised() -> None:
    snapshot = healthy().snapshot
    watch = WatchView()
    assert len(watch.lines(snapshot, ())) == 90
    assert watch.lines(snapshot, ()) == []
    newest = pl.col("window_end") == pl.col("window_end").max()
    revised = snapshot.rows.with_columns(
        pl.when(newest).then(3).otherwise(pl.col("revision")).alias("revision")
    )
    (line,) = watch.lines(replace(snapshot, rows=revised), ())
    assert line.startswith("2026-03-05 12:40Z window OK (revised by 3) ")


def test_records_have_the_public_columns_and_are_json() -> None:
    made = incident()
    records = WatchView().records(made.snapshot, made.transitions)
    windows = [record for record in records if record["type"] == "window"]
    assert tuple(windows[0]) == ("type", *PUBLIC_COLUMNS)
    assert windows[-1]["window_end"] == "2026-03-05T12:40:00Z"
    assert windows[-1]["revenue"] == "43473.90"
    told = records[-1]
    assert (told["type"], told["seq"], told["to"], told["gateway_name"]) == (
        "transition",
        2,
        "firing",
        "stripe",
    )
    json.dumps(records, allow_nan=False)


def test_lines_are_plain_and_single_in_every_scene() -> None:
    for make in SCENES.values():
        made = make()
        for line in WatchView().lines(made.snapshot, made.transitions):
            assert sanitise(line) == line
            assert "None" not in line
