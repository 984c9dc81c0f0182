"""The engine and the polars expressions are made from one table, and agree."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference import Event, frame
from revtui.core.contracts import contracts
from revtui.core.events import EventType
from revtui.core.kpis import ALL_GATEWAYS, DAY_SCHEMA, KPIS, ROW_SCHEMA
from revtui.core.measures import FIGURE_BY_COLUMN, FIGURES, MEASURES, Added, Aggregate
from revtui.core.quantiles import EXACT_BELOW_MS
from revtui.core.windows import MINUTE, WindowPolicy
from revtui.engine.encoding import encode
from revtui.engine.engine import Engine, EngineSettings

BEGIN = 1_772_612_400_000_000
POLICY = WindowPolicy()
SLA_MS = 1200

drawn_events = st.lists(
    st.builds(
        Event,
        event_ts=st.integers(BEGIN, BEGIN + 7 * MINUTE - 1),
        event_id=st.just(""),
        kind=st.sampled_from(list(EventType)),
        user_id=st.sampled_from([None, "u1", "u2", "u3"]),
        amount_minor=st.sampled_from([None, 0, 1, 250, -300, 2**62]),
        currency=st.sampled_from(["USD", "USD", "EUR"]),
        gateway_name=st.sampled_from([None, "stripe", "adyen"]),
        latency_ms=st.sampled_from([None, 0, 80, SLA_MS, SLA_MS + 1, EXACT_BELOW_MS - 1]),
    ),
    min_size=1,
    max_size=40,
)


def counted(drawn: Sequence[Event]) -> list[Event]:
    """With ids of their own; only refunds may be negative."""
    return [
        replace(
            event,
            event_id=str(number),
            amount_minor=abs(event.amount_minor or 0)
            if event.kind != EventType.REFUND
            else event.amount_minor,
        )
        for number, event in enumerate(drawn)
    ]


def rows_by_polars(events: pl.DataFrame) -> list[dict[str, object]]:
    """The figures of every window and gateway, each from the events it rests on."""
    rows = []
    first = int(events["event_ts"].min()) // MINUTE + 1  # type: ignore[arg-type] # of integers
    last = int(events["event_ts"].max()) // MINUTE + 1  # type: ignore[arg-type] # see above
    for window in range(first, last + 1):
        end = window * MINUTE
        before = events.filter(pl.col("event_ts") < end)
        held = before.filter(pl.col("event_ts") >= end - POLICY.length)
        users = before.filter(pl.col("event_ts") >= end - POLICY.users_span)
        names = [ALL_GATEWAYS, *held["gateway_name"].drop_nulls().unique().sort()]
        for name in names:
            chosen = pl.lit(value=True) if name == ALL_GATEWAYS else pl.col("gateway_name") == name
            row: dict[str, object] = {"window_end": end, "gateway_name": name}
            for figure in FIGURES:
                rests_on = {Aggregate.DISTINCT: users, Aggregate.AGE: before}.get(figure.aggregate, held)
                made = figure.expression(latency_sla_ms=SLA_MS, currency="USD", end=end)
                row[figure.column] = rests_on.filter(chosen).select(made).item()
            rows.append(row)
    return rows


@given(drawn_events)
def test_the_engine_and_polars_make_the_same_figures_from_the_table(drawn: list[Event]) -> None:
    made = Engine(
        EngineSettings(
            policy=replace(POLICY, bound=15 * MINUTE),
            currency="USD",
            currency_exponent=2,
            latency_sla_ms=SLA_MS,
            max_gateways=64,
            rules=contracts(),
            live=False,
        )
    )
    made.add_source("test")
    events = frame(counted(drawn))
    made.push(encode(events, currency="USD"))
    made.end_source(0)
    ours = made.drain().final.select("window_end", "gateway_name", *FIGURE_BY_COLUMN)
    for our_row, their_row in zip(ours.to_dicts(), rows_by_polars(events), strict=True):
        if (p95 := their_row["p95_latency_ms"]) is not None:
            their_row["p95_latency_ms"] = pytest.approx(
                p95, rel=1e-12
            )  # polars interpolates in another order
        assert our_row == their_row


def test_every_figure_is_a_column_of_the_rows_and_every_kpi_is_a_figure() -> None:
    assert [name for name in ROW_SCHEMA if name in FIGURE_BY_COLUMN] == list(FIGURE_BY_COLUMN)
    assert {kpi.column for kpi in KPIS} | {kpi.volume for kpi in KPIS} - {None} <= set(FIGURE_BY_COLUMN)
    beyond = {Aggregate.DISTINCT, Aggregate.AGE}
    of_days = [figure.column for figure in FIGURES if figure.aggregate not in beyond]
    assert [name for name in DAY_SCHEMA if name in FIGURE_BY_COLUMN] == of_days


def test_money_is_wide_enough_in_every_table_of_rows() -> None:
    amounts = {measure.column for measure in MEASURES if measure.added is Added.MONEY}
    for figure in FIGURES:
        assert (ROW_SCHEMA[figure.column] == pl.Int128) == bool(amounts & set(figure.of)), figure.column


def test_a_volume_is_what_the_figure_is_divided_by() -> None:
    for kpi in KPIS:
        figure = FIGURE_BY_COLUMN[kpi.column]
        if figure.aggregate is Aggregate.RATIO:
            assert kpi.volume == figure.of[1], kpi.name
        elif figure.aggregate is Aggregate.PERCENTILE_95:
            assert kpi.volume == "latency_count"
        else:
            assert kpi.volume is None
