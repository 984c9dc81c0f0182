"""Writes the simulated sample data anew: `python tests/make_sample_data.py`.

A Wednesday with four incidents, duplicates, late and malformed rows; its truth; and the 21 quiet days
before it as panes. The same program gives the same bytes, which a test holds it to.
"""

import json
from pathlib import Path

import polars as pl

from revtui.adapters.sources.simulator import SimulatorSpec, generate, incidents_within, simulate
from revtui.adapters.sources.simulator.scenarios import truth
from revtui.core.money import exponent
from revtui.core.times import parse_instant

SAMPLE_DATA = Path(__file__).parent.parent / "sample_data"
DAY = 86_400_000_000
WEDNESDAY = parse_instant("2026-03-04T00:00:00Z", now=0)
QUIET = "sim:?rate=25/min&seed=7&currency=USD"
INCIDENTS = (
    "outage:stripe@2026-03-04T10:20Z+40m",
    "latency@2026-03-04T14:10Z+45m",
    "checkout_bug@2026-03-04T17:30Z+60m",
    "stall@2026-03-04T20:40Z+25m",
)
MESS = "&duplicates=0.005&late=0.002&malformed=0.001&disorder=20s"
LATENCY_SLA_MS = 1200


def write_incident_day(folder: Path) -> None:
    """The day's events as CSV, and what really happened as JSON."""
    spec = SimulatorSpec.parse(QUIET + MESS + "".join(f"&scenario={incident}" for incident in INCIDENTS))
    with (folder / "incident_day.csv").open("wb") as out:
        simulate(spec, start=WEDNESDAY, duration=DAY, format_="csv", out=out)
    incidents = incidents_within(spec, start=WEDNESDAY, duration=DAY)
    text = json.dumps(truth(incidents), indent=2) + "\n"
    (folder / "incident_day_truth.json").write_text(text, encoding="utf-8")


def write_history(folder: Path) -> None:
    """The 21 days before as panes of a minute, for all events (`*`) and per gateway."""
    spec = SimulatorSpec.parse(QUIET)
    panes = pl.concat(
        [_panes(frame) for frame in generate(spec, start=WEDNESDAY - 21 * DAY, duration=21 * DAY)]
    )
    keys = ["pane_start", "gateway_name"]
    panes.group_by(keys).sum().sort(keys).write_parquet(
        folder / "incident_day_history.parquet", compression="zstd", compression_level=19
    )


def _panes(events: pl.DataFrame) -> pl.DataFrame:
    """Sums per minute, for `*` and per gateway; they may be added over frames."""
    kind = pl.col("event_type")
    attempt = kind.is_in(["purchase", "payment_failed"])
    minor = (pl.col("amount") * 10 ** exponent("USD")).cast(pl.Int64).abs()
    timed = attempt & pl.col("latency_ms").is_not_null()
    narrow = events.select(
        pl.col("event_ts").dt.truncate("1m").alias("pane_start"),
        pl.col("gateway_name").cast(pl.String),
        events_count=pl.lit(1),
        logins_count=kind == "login",
        purchases_count=kind == "purchase",
        payment_failed_count=kind == "payment_failed",
        refunds_count=kind == "refund",
        revenue_minor=pl.when(kind == "purchase").then(minor).otherwise(0),
        refunds_minor=pl.when(kind == "refund").then(minor).otherwise(0),
        latency_count=pl.col("latency_ms").is_not_null(),
        latency_sum_ms=pl.col("latency_ms").cast(pl.Int64).fill_null(0),
        timed_attempts_count=timed,
        slow_count=timed & (pl.col("latency_ms").cast(pl.Int64) > LATENCY_SLA_MS),
    ).with_columns(pl.exclude("pane_start", "gateway_name").cast(pl.Int64))
    everything = narrow.with_columns(gateway_name=pl.lit("*"))
    return (
        pl.concat([everything, narrow.drop_nulls("gateway_name")])
        .group_by("pane_start", "gateway_name")
        .sum()
    )


if __name__ == "__main__":
    write_incident_day(SAMPLE_DATA)
    write_history(SAMPLE_DATA)
