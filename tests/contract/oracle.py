"""What `revtui windows` must print, by the letter of the contract: every row by full rescan.

Plain Python, slow and obvious. Nothing here comes from the program that is judged. The order of things is
kept as a list of counted events and, beside each, the watermark before it: an event is in a window's row at
close when that watermark had not reached the window's end, and in its final row when it had not reached
the end plus the allowed lateness.
"""

import datetime as dt
import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from oracle_fields import EPOCH, EXPONENTS, Event, Record, verdict

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND
NEVER = -math.inf

COLUMNS = [
    "window_start",
    "window_end",
    "gateway_name",
    "revision",
    "events_count",
    "purchases_count",
    "payment_failed_count",
    "revenue",
    "refunds",
    "net_revenue",
    "payment_fail_rate",
    "avg_latency_ms",
    "p95_latency_ms",
    "slow_share",
    "active_users_30m",
    "data_freshness_minutes",
    "alert_flag",
    "sla_breach_flag",
    "alert_reason",
]
ALL = "*"
OTHER = "(other)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a run may be told; durations in microseconds."""

    window: int = 5 * MINUTE
    hop: int = MINUTE
    bound: int = MINUTE
    lateness: int = 15 * MINUTE
    horizon: int = 60 * MINUTE
    users_span: int = 30 * MINUTE
    max_jump: int = DAY
    currency: str = "USD"
    timezone: str = "UTC"
    max_gateways: int = 64
    latency_sla: int = 1_200
    rules: str = "contracts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A counted event, the watermark it met, and the name of its own row (None: only under `*`)."""

    event: Event
    met: float
    series: str | None


@dataclass(slots=True)
class Answer:
    """The accounting, and the rows as values: text, numbers, booleans, sets of reasons, None."""

    summary: Counter[str] = field(default_factory=Counter)
    rows: list[dict[str, object]] = field(default_factory=list)
    p95_is_exact: list[bool] = field(default_factory=list)


def answer(sources: Sequence[Sequence[Record | None]], options: Options) -> Answer:
    """Everything that must come out of these sources, given in the order of the arguments."""
    result = Answer()
    admitted: list[list[Event]] = []
    for records in sources:
        result.summary["read"] += len(records)
        verdicts = [verdict(one, currency=options.currency, timezone=options.timezone) for one in records]
        result.summary.update(one for one in verdicts if isinstance(one, str))
        passed = [one for one in verdicts if isinstance(one, Event)]
        kept = without_jumps(passed, options.max_jump)
        result.summary["quarantined"] += len(passed) - len(kept)
        admitted.append(kept)
    counted = judge(admitted, options, result.summary)
    result.summary["counted"] = len(counted)
    tabulate(counted, options, result)
    return result


def without_jumps(passed: Sequence[Event], max_jump: int) -> list[Event]:
    """One source's events without those that leap ahead of it alone."""
    if not passed:
        return []
    kept = []
    newest = min(one.at for one in passed[:4])
    for place, one in enumerate(passed):
        if one.at > newest + max_jump:
            following = passed[place + 1 : place + 4]
            along = sum(other.at > newest + max_jump for other in following)
            if along == 0 or 2 * along < len(following):
                continue
        kept.append(one)
        newest = max(newest, one.at)
    return kept


def merged(admitted: Sequence[Sequence[Event]]) -> Iterator[tuple[int, Event, bool]]:
    """Source, event, and whether the source ends with it: by each source's own running maximum."""
    heads = []
    for source, events in enumerate(admitted):
        newest = 0
        for place, one in enumerate(events):
            newest = max(newest, one.at)
            heads.append((newest, source, place))
    for _, source, place in sorted(heads):
        yield source, admitted[source][place], place == len(admitted[source]) - 1


def judge(admitted: Sequence[Sequence[Event]], options: Options, summary: Counter[str]) -> list[Counted]:
    """Duplicate, late or counted, in order of arrival."""
    marks = {source: NEVER if events else math.inf for source, events in enumerate(admitted)}
    watermark = NEVER
    remembered: dict[str, tuple[float, Event]] = {}
    began = NEVER
    """The generation that ids from before there was a watermark belong to."""
    names: list[str] = []
    counted: list[Counted] = []
    for source, one, is_last in merged(admitted):
        known = remembered.get(one.event_id) if one.event_id is not None else None
        duplicate = known is not None and max(known[0], began) >= generation(watermark, options) - 1
        last_end = one.at // options.hop * options.hop + options.window
        late = not duplicate and last_end + options.lateness <= watermark
        if duplicate and known is not None:
            summary["duplicate"] += 1
            summary["conflicts"] += known[1] != one
        elif late:
            summary["late"] += 1
        else:
            counted.append(Counted(event=one, met=watermark, series=series_of(one, names, options)))
        if not late:
            marks[source] = max(marks[source], one.at - options.bound)
            watermark = max(watermark, min(marks.values()))
            began = generation(watermark, options) if began == NEVER else began
            if not duplicate and one.event_id is not None:
                remembered[one.event_id] = (generation(watermark, options), one)
        if is_last:
            marks[source] = math.inf
            watermark = max(watermark, *lowest_of_active(marks))
            began = generation(watermark, options) if began == NEVER else began
    return counted


def lowest_of_active(marks: dict[int, float]) -> list[float]:
    """The minimum over sources that have not ended; when none is left, the watermark stands still."""
    active = [mark for mark in marks.values() if mark < math.inf]
    return [min(active)] if active else [NEVER]


def generation(watermark: float, options: Options) -> float:
    return watermark if math.isinf(watermark) else watermark // options.horizon


def series_of(one: Event, names: list[str], options: Options) -> str | None:
    """The row of its own that an event counts in, and the memory of the names that have one."""
    if one.gateway is None:
        return None
    if one.gateway in {ALL, OTHER}:
        return OTHER
    if one.gateway not in names:
        names.append(one.gateway)
    return one.gateway if names.index(one.gateway) < options.max_gateways else OTHER


def tabulate(counted: Sequence[Counted], options: Options, result: Answer) -> None:
    """Every row, in the order of the contract."""
    if not counted:
        return
    by_time = sorted(counted, key=lambda one: one.event.at)
    times = [one.event.at for one in by_time]
    first, last = (at // options.hop * options.hop + options.hop for at in (times[0], times[-1]))
    past: dict[str, list[Counted]] = {ALL: []}
    for end in range(first, last + 1, options.hop):
        upto = bisect_left(times, end)
        since = bisect_left(times, end - max(options.window, options.users_span))
        for one in by_time[len(past[ALL]) : upto]:
            past[ALL].append(one)
            if one.series is not None:
                past.setdefault(one.series, []).append(one)
        near = [one for one in by_time[since:upto] if one.met < end + options.lateness]
        present = {one.series for one in near if one.event.at >= end - options.window} - {None}
        for name in (ALL, *sorted(str(one) for one in present)):
            own = [one for one in near if name in {ALL, one.series}]
            row, exact = row_of(name, end, own, past[name], options)
            result.rows.append(row)
            result.p95_is_exact.append(exact)


def row_of(
    name: str, end: int, near: Sequence[Counted], past: Sequence[Counted], options: Options
) -> tuple[dict[str, object], bool]:
    """One row, and whether its p95 must be exact."""
    final, exact = figures(end, near, past, options, end + options.lateness)
    close, _ = figures(end, near, past, options, end)
    start = end - max(options.window, options.users_span)
    span = [one for one in near if one.event.at >= start and one.met >= end]
    if name != ALL and not close["events_count"]:
        flag, breached, reasons = "UNKNOWN", False, frozenset[str]()  # there was no row to judge yet
    else:
        flag, breached, reasons = judgement({**close, "gateway_name": name}, options)
    return {
        "window_start": instant_text(end - options.window),
        "window_end": instant_text(end),
        "gateway_name": name,
        "revision": sum(
            one.event.at >= end - options.window or one.event.at >= end - options.users_span for one in span
        ),
        **final,
        "alert_flag": flag,
        "sla_breach_flag": breached,
        "alert_reason": reasons,
    }, exact


def figures(
    end: int, near: Sequence[Counted], past: Sequence[Counted], options: Options, until: float
) -> tuple[dict[str, object], bool]:
    """The KPI columns over the events that arrived before the watermark reached `until`."""
    arrived = [one.event for one in near if one.met < until]
    inside = [one for one in arrived if one.at >= end - options.window]
    spanned = {one.user for one in arrived if one.at >= end - options.users_span} - {None}
    newest = next((one.event.at for one in reversed(past) if one.met < until), None)
    purchases = [one for one in inside if one.kind == "purchase"]
    failed = [one for one in inside if one.kind == "payment_failed"]
    attempts = [one.latency for one in (*purchases, *failed) if one.latency is not None]
    latencies = sorted(one.latency for one in inside if one.latency is not None)
    p95, exact = percentile(latencies)
    revenue = money(purchases, options)
    refunds = money([one for one in inside if one.kind == "refund"], options)
    tried = len(purchases) + len(failed)
    return {
        "events_count": len(inside),
        "purchases_count": len(purchases),
        "payment_failed_count": len(failed),
        "revenue": major(revenue, options),
        "refunds": major(refunds, options),
        "net_revenue": major(revenue - refunds, options),
        "payment_fail_rate": len(failed) / tried if tried else None,
        "avg_latency_ms": sum(latencies) / len(latencies) if latencies else None,
        "p95_latency_ms": p95,
        "slow_share": sum(one > options.latency_sla for one in attempts) / len(attempts)
        if attempts
        else None,
        "active_users_30m": len(spanned),
        "data_freshness_minutes": None if newest is None else (end - newest) // MINUTE,
    }, exact


def percentile(latencies: Sequence[int]) -> tuple[float | None, bool]:
    """PERCENTILE_CONT(0.95) of sorted values, and whether both its neighbours are kept exactly."""
    if not latencies:
        return None, True
    place = 95 * (len(latencies) - 1)
    low = latencies[place // 100]
    high = latencies[min(place // 100 + 1, len(latencies) - 1)]
    return low + (high - low) * (place % 100) / 100, high < 4_096


def money(events: Sequence[Event], options: Options) -> int:
    """Minor units, of the currency that is reported alone."""
    return sum(abs(one.amount or 0) for one in events if one.currency == options.currency)


def major(minor: int, options: Options) -> str:
    """Decimal text with the currency's decimals."""
    exponent = EXPONENTS[options.currency]
    digits = f"{abs(minor):0{exponent + 1}d}"
    cut = len(digits) - exponent
    return ("-" if minor < 0 else "") + digits[:cut] + (f".{digits[cut:]}" if exponent else "")


def judgement(close: dict[str, object], options: Options) -> tuple[str, bool, frozenset[str]]:
    """The worst severity, the breach of the SLA, and what each reason is about."""
    found = classic(close) if options.rules == "classic" else contracts(close)
    reasons = frozenset(kpi for kpi, _ in found)
    breached = bool(reasons & {"latency", "freshness"})
    severities = {severity for _, severity in found}
    if not close["events_count"]:
        severities.add("UNKNOWN")
    worst = next((one for one in ("CRIT", "WARN", "UNKNOWN") if one in severities), "OK")
    return worst, breached, reasons


def contracts(close: dict[str, object]) -> list[tuple[str, str]]:
    found = timing(close, whole=False)
    rate = close["payment_fail_rate"]
    tried = int(str(close["purchases_count"])) + int(str(close["payment_failed_count"]))
    if isinstance(rate, float) and tried >= 20 and rate > 0.15:
        found.append(("fail rate", "CRIT" if rate > 0.30 else "WARN"))
    return found


def classic(close: dict[str, object]) -> list[tuple[str, str]]:
    found = timing(close, whole=True)
    rate = close["payment_fail_rate"]
    if isinstance(rate, float) and rate > 0.30:
        found.append(("fail rate", "WARN"))
    revenue = float(str(close["revenue"]))
    if close["gateway_name"] == ALL and revenue <= 500:
        found.append(("revenue", "CRIT" if revenue <= 200 else "WARN"))
    return found


def timing(close: dict[str, object], *, whole: bool) -> list[tuple[str, str]]:
    """Latency and freshness, which every rule set watches alike."""
    found = []
    p95, freshness = close["p95_latency_ms"], close["data_freshness_minutes"]
    if isinstance(p95, (int, float)) and (round(p95) if whole else p95) > 1_200:
        found.append(("latency", "WARN"))
    if isinstance(freshness, int) and freshness > 10:
        found.append(("freshness", "CRIT"))
    return found


def instant_text(at: int) -> str:
    """UTC, with a fraction only when there is one."""
    moment = EPOCH + dt.timedelta(microseconds=at)
    fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"
