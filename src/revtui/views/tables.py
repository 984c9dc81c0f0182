"""Tables: the gateways, and the latest KPI windows; formatted rows, exact order.

They are of the windows that are shown, which need not be those of the configured length.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from revtui.core.durations import MINUTE
from revtui.core.kpis import ALL_GATEWAYS, KPI_BY_NAME
from revtui.core.rules import Verdict
from revtui.core.severity import Severity, worst
from revtui.engine.snapshot import Snapshot
from revtui.views.lengths import is_another, newest_end, rules_shown, verdicts_shown
from revtui.views.model import GatewayRow, WindowRow
from revtui.views.values import NO_DATA, figure, in_chart, minute_text, reason_text, value_text

GATEWAY_COLUMNS: Final = ("severity", "name", "revenue", "fail_rate", "p95", "attempts", "users")
"""What the gateway table can be sorted by; also its headings."""

WINDOW_COLUMNS: Final = (
    "end", "events", "buy", "failed", "revenue", "fail %", "p95", "users", "fresh", "flag", "reason",
)  # fmt: skip
"""Headings of the windows table, one per cell of a `WindowRow`."""

_STILL_OPEN: Final = "not all of its events are in yet"
_HALF_HOUR: Final = 30 * MINUTE
_ROW_COLUMNS: Final = {
    "revenue": "revenue_minor",
    "fail_rate": "payment_fail_rate",
    "p95": "p95_latency_ms",
    "attempts": "attempts_count",
    "users": "active_users_30m",
}
_REVENUE = KPI_BY_NAME["revenue"]
_FAIL_RATE = KPI_BY_NAME["fail_rate"]
_P95 = KPI_BY_NAME["p95_latency"]
_USERS = KPI_BY_NAME["active_users"]
_FRESHNESS = KPI_BY_NAME["freshness"]

Row = Mapping[str, Any]


def gateways(
    snapshot: Snapshot,
    *,
    sort: str = "severity",
    reverse: bool = False,
    stale: bool = False,
    span: int = _HALF_HOUR,
) -> tuple[GatewayRow, ...]:
    """The gateways of the newest closed window, and those silent in it but seen within `span` before.

    Args:
        snapshot: What to show.
        sort: One of GATEWAY_COLUMNS. Figures come greatest first, the worst severity first, names
            from A to Z; ties go by revenue, then by name. No data comes last.
        reverse: Turns the order of the column round; no data stays last.
        stale: Whether the data are stale, so that nothing can be called OK.
        span: Microseconds of history in `spark`.
    """
    end = newest_end(snapshot)
    if end is None:
        return ()
    recent = snapshot.rows.filter(
        (pl.col("window_end") > end - span) & (pl.col("gateway_name") != ALL_GATEWAYS)
    )
    newest = {
        row["gateway_name"]: row for row in recent.filter(pl.col("window_end") == end).iter_rows(named=True)
    }
    verdicts = verdicts_shown(snapshot)
    sparks = _sparks(recent, snapshot, end - span)
    built: list[tuple[Row | None, GatewayRow]] = [
        (
            newest.get(name),
            gateway_row(snapshot, name, newest.get(name), spark, verdicts=verdicts, stale=stale),
        )
        for name, spark in sparks.items()
    ]
    built.sort(key=lambda pair: pair[1].name)
    built.sort(key=lambda pair: _number(pair[0], "revenue_minor"), reverse=True)
    return tuple(shown_row for _row, shown_row in _sorted(built, sort, reverse=reverse))


def _sorted(
    built: list[tuple[Row | None, GatewayRow]], sort: str, *, reverse: bool
) -> list[tuple[Row | None, GatewayRow]]:
    """Stable by one column, rows without data in it last."""
    if sort == "name":
        return sorted(built, key=lambda pair: pair[1].name, reverse=reverse)
    if sort == "severity":
        return sorted(built, key=lambda pair: pair[1].severity, reverse=not reverse)
    column = _ROW_COLUMNS[sort]
    absent = [pair for pair in built if pair[0] is None or pair[0][column] is None]
    known = [pair for pair in built if pair[0] is not None and pair[0][column] is not None]
    known.sort(key=lambda pair: _number(pair[0], column), reverse=not reverse)
    return known + absent


def _number(row: Row | None, column: str) -> float:
    """A figure to sort by."""
    value = None if row is None else row[column]
    return 0 if value is None else value


def _sparks(recent: pl.DataFrame, snapshot: Snapshot, after: int) -> dict[str, list[float | None]]:
    """Per gateway its fail rate in every window, None where it had no attempt or no event."""
    ends = (
        snapshot.rows.filter((pl.col("gateway_name") == ALL_GATEWAYS) & (pl.col("window_end") > after))
        .get_column("window_end")
        .to_list()
    )
    rates: dict[str, dict[int, float | None]] = {}
    for name, window_end, rate in recent.select(
        "gateway_name", "window_end", "payment_fail_rate"
    ).iter_rows():
        rates.setdefault(name, {})[window_end] = rate
    return {
        name: [in_chart(_FAIL_RATE, found.get(end), snapshot.currency_exponent) for end in ends]
        for name, found in rates.items()
    }


def gateway_row(
    snapshot: Snapshot,
    name: str,
    row: Row | None,
    spark: Sequence[float | None],
    *,
    verdicts: Sequence[Verdict],
    stale: bool = False,
) -> GatewayRow:
    """One gateway; without a row in the newest window everything is `no data` and UNKNOWN.

    Its severity is the worst of the rules that could judge; UNKNOWN when none could, and at least that
    when the data are stale. Of windows that alerts do not go by, it is no better than the gateway's open
    alerts: a bad five minutes must not hide in a good hour.
    """
    known = [
        verdict.severity
        for verdict in verdicts
        if verdict.gateway_name == name and verdict.severity is not Severity.UNKNOWN
    ]
    unjudged = Severity.INFO if row is not None and not rules_shown(snapshot) else Severity.UNKNOWN
    severity = unjudged if row is None else max(known, default=unjudged)
    if stale:
        severity = worst([severity, Severity.UNKNOWN])
    if is_another(snapshot):
        still_open = (a.severity for a in snapshot.alerts if a.gateway_name == name and a.phase.is_open)
        severity = worst([severity, *still_open])
    get: Row = row if row is not None else dict.fromkeys(snapshot.rows.columns)
    attempts = get["attempts_count"]
    return GatewayRow(
        name=name,
        severity=severity,
        revenue=value_text(_REVENUE, get["revenue_minor"], snapshot.currency),
        fail_rate=value_text(_FAIL_RATE, get["payment_fail_rate"], snapshot.currency),
        p95=value_text(_P95, get["p95_latency_ms"], snapshot.currency),
        attempts=NO_DATA if attempts is None else f"{attempts:,}",
        users=value_text(_USERS, figure(_USERS, get), snapshot.currency, estimated=snapshot.users_estimated),
        spark=spark,
        alarms=_alarms(verdicts, name) if row is not None else {},
    )


def _alarms(verdicts: Sequence[Verdict], name: str) -> dict[str, Severity]:
    """By column, the worst breach of the KPI that it shows."""
    shown_kpis = {kpi.column: kpi.name for kpi in (_REVENUE, _FAIL_RATE, _P95, _USERS)}
    found: dict[str, Severity] = {}
    for column, source in _ROW_COLUMNS.items():
        breaches = [
            verdict.severity
            for verdict in verdicts
            if verdict.gateway_name == name and verdict.kpi == shown_kpis.get(source) and verdict.breached
        ]
        if breaches:
            found[column] = max(breaches)
    return found


def windows(snapshot: Snapshot, *, gateway: str = ALL_GATEWAYS, limit: int = 100) -> tuple[WindowRow, ...]:
    """The newest windows of one gateway (`*`: all events), newest first; those still open on top."""
    closed = snapshot.rows.filter(pl.col("gateway_name") == gateway).tail(limit).reverse()
    found = [_window_row(snapshot, row, provisional=False) for row in closed.iter_rows(named=True)]
    if snapshot.provisional is not None:
        still_open = snapshot.provisional.filter(pl.col("gateway_name") == gateway)
        rows = still_open.reverse().iter_rows(named=True)
        found[:0] = [_window_row(snapshot, row, provisional=True) for row in rows]
    return tuple(found[:limit])


def _window_row(snapshot: Snapshot, row: Row, *, provisional: bool) -> WindowRow:
    """One window. Its flag is `open` while it is provisional; its end carries `+n` when late events revised it."""
    end = minute_text(row["window_end"], now=snapshot.taken_at)
    revised = f" +{row['revision']:,}" if row["revision"] else ""
    flag = "open" if provisional else (row["alert_flag"] or "UNKNOWN")
    money, estimated = snapshot.currency, snapshot.users_estimated
    cells = (
        end if provisional else end + revised,
        f"{row['events_count']:,}",
        f"{row['purchases_count']:,}",
        f"{row['payment_failed_count']:,}",
        value_text(_REVENUE, row["revenue_minor"], money),
        value_text(_FAIL_RATE, row["payment_fail_rate"], money),
        value_text(_P95, row["p95_latency_ms"], money),
        value_text(_USERS, figure(_USERS, row), money, estimated=estimated),
        value_text(_FRESHNESS, row["data_freshness_minutes"], money),
        flag,
        _STILL_OPEN if provisional else reason_text(row["alert_reason"] or "", estimated=estimated),
    )
    severity = Severity.__members__.get(row["alert_flag"] or "", Severity.UNKNOWN)
    return WindowRow(
        end=row["window_end"],
        cells=cells,
        severity=Severity.INFO if provisional else severity,
        provisional=provisional,
    )
