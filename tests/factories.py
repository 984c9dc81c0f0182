"""Invented pictures of every kind of day, for the tests of views, terminal and headless formats.

A `Scene` is a snapshot, the transitions that led to it, and the clock. Figures are made up by plain
arithmetic; verdicts, alerts and transitions come from the real rules and the real alert book, so a
scene never shows what the program could not. `SCENES` names all of them.
"""

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from revtui.core.alertbook import AlertBook
from revtui.core.alerts import AlertPolicy, Transition
from revtui.core.contracts import contracts
from revtui.core.daily import Calendar
from revtui.core.events import Accounting, Rejected
from revtui.core.kpis import ALL_GATEWAYS, DAY_SCHEMA, OTHER_GATEWAYS, ROW_SCHEMA
from revtui.core.money import exponent
from revtui.core.rules import Rule, judge, judge_clock
from revtui.core.severity import Severity
from revtui.core.windows import LENGTHS, WindowPolicy
from revtui.engine.snapshot import Excluded, Snapshot, SourceState, SourceStatus, Status
from revtui.views.ledger import fold
from revtui.views.model import AlertRow

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NOON = 1_772_712_000_000_000
"""2026-03-05T12:00:00Z."""
NOW = NOON + 41 * MINUTE + 7 * SECOND
"""12:41:07Z, the clock of most scenes."""
NEWEST_END = NOON + 40 * MINUTE
"""The newest closed window of most scenes ends at 12:40Z."""

GATEWAYS = ("adyen", "kafka-pay", "paypal", "stripe")
HOSTILE_NAMES = (
    "[bold red]x[/]",
    "日本決済サービス株式会社",
    "e\u0301e\u0301e\u0301\u200b\u200dzero",
    "\x1b[2J\x07esc",
    "\u202egnp.exe",
    "👨‍👩‍👧 pay",
    "a" * 300,
    "tab\tnew\nline",
    "=cmd|' /C calc'!A1",
    " ",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one gateway does in one window."""

    purchases: int = 120
    failed: int = 8
    logins: int = 60
    average_minor: int = 7_890
    refunds_minor: int = 0
    latency_ms: float = 410.0
    users: int = 97
    freshness: int | None = 0
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A moment as front ends meet it."""

    snapshot: Snapshot
    transitions: tuple[Transition, ...] = ()
    now: int = NOW

    @property
    def alerts(self) -> tuple[AlertRow, ...]:
        """The alert log."""
        return fold(
            self.transitions,
            now=self.now,
            source="sim:42",
            currency=self.snapshot.currency,
            rules=self.snapshot.rules,
            alerts=self.snapshot.alerts,
            users_estimated=self.snapshot.users_estimated,
        )


Plan = Callable[[str, int], Figures | None]
"""(gateway, windows before the newest) -> its figures; None: not seen in that window."""


def steady(gateway: str, back: int) -> Figures:
    """Gently swinging business: each gateway has its own size."""
    size = 1.0 + 0.25 * (sum(map(ord, gateway)) % 5)
    swing = 1.0 + 0.2 * math.sin(back / 9)
    purchases = round(120 * size * swing)
    return Figures(
        purchases=purchases,
        failed=round(purchases * 0.065),
        logins=round(60 * size),
        average_minor=7_890 + 13 * (back % 17),
        latency_ms=380 + 40 * math.sin(back / 5) + 20 * size,
        users=round(97 * size * swing),
    )


def row(end: int, gateway: str, figures: Figures, policy: WindowPolicy | None = None) -> dict[str, Any]:
    """One row of ROW_SCHEMA, not judged yet."""
    policy = policy or WindowPolicy()
    attempts = figures.purchases + figures.failed
    events = attempts + figures.logins
    revenue = figures.purchases * figures.average_minor
    return {
        "window_start": end - policy.length,
        "window_end": end,
        "gateway_name": gateway,
        "revision": figures.revision,
        "events_count": events,
        "purchases_count": figures.purchases,
        "payment_failed_count": figures.failed,
        "revenue_minor": revenue,
        "refunds_minor": figures.refunds_minor,
        "net_revenue_minor": revenue - figures.refunds_minor,
        "payment_fail_rate": figures.failed / attempts if attempts else None,
        "avg_latency_ms": figures.latency_ms * 0.52 if events else None,
        "p95_latency_ms": figures.latency_ms if events else None,
        "slow_share": (0.02 if figures.latency_ms < 1200 else 0.3) if attempts else None,
        "active_users_30m": figures.users,
        "data_freshness_minutes": figures.freshness,
        "alert_flag": None,
        "sla_breach_flag": None,
        "alert_reason": None,
        "attempts_count": attempts,
        "latency_count": events,
        "timed_attempts_count": attempts,
    }


def total(parts: Sequence[Figures], *, empty_freshness: int = 0) -> Figures:
    """All gateways together."""
    if not parts:
        return Figures(purchases=0, failed=0, logins=0, users=0, freshness=empty_freshness)
    purchases = sum(part.purchases for part in parts)
    revenue = sum(part.purchases * part.average_minor for part in parts)
    return Figures(
        purchases=purchases,
        failed=sum(part.failed for part in parts),
        logins=sum(part.logins for part in parts),
        average_minor=revenue // purchases if purchases else 0,
        refunds_minor=sum(part.refunds_minor for part in parts),
        latency_ms=max(part.latency_ms for part in parts),
        users=sum(part.users for part in parts),
        freshness=min((part.freshness for part in parts if part.freshness is not None), default=None),
        revision=sum(part.revision for part in parts),
    )


def frame(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows as a frame of ROW_SCHEMA."""
    return pl.DataFrame(list(rows), schema=ROW_SCHEMA, orient="row")


def scene(
    plan: Plan = steady,
    *,
    gateways: Sequence[str] = GATEWAYS,
    windows: int = 90,
    rules: tuple[Rule, ...] | None = None,
    policy: WindowPolicy | None = None,
    newest_end: int = NEWEST_END,
    now: int = NOW,
    currency: str = "USD",
    still_open: bool = True,
    **fields: Any,
) -> Scene:
    """A scene from a plan; `fields` replace fields of the snapshot."""
    policy = policy or WindowPolicy()
    rules = contracts() if rules is None else rules
    decimals = exponent(currency)
    book = AlertBook(AlertPolicy(window_length=policy.length, currency_exponent=decimals))
    rows: list[dict[str, Any]] = []
    pane: list[dict[str, Any]] = []
    transitions: list[Transition] = []
    judgements: list[Any] = []
    silent = 0
    for back in range(windows - 1, -1, -1):
        end = newest_end - back * policy.hop
        seen = {name: figures for name in sorted(gateways) if (figures := plan(name, back)) is not None}
        silent = 0 if seen else silent + 1
        pane = [row(end, ALL_GATEWAYS, total(list(seen.values()), empty_freshness=silent), policy)]
        pane += [row(end, name, figures, policy) for name, figures in seen.items()]
        judgements = [judge(one, rules, currency_exponent=decimals) for one in pane]
        for one, judgement in zip(pane, judgements, strict=True):
            one["alert_flag"] = judgement.severity.name
            one["sla_breach_flag"] = judgement.sla_breach
            one["alert_reason"] = judgement.reason
        rows += pane
        transitions += book.step(judgements, rules, at=end)
    counted = sum(one["events_count"] for one in rows if one["gateway_name"] == ALL_GATEWAYS)
    newest = newest_end + 66 * SECOND if windows else None
    snapshot = Snapshot(
        revision=7,
        taken_at=now,
        status=Status.LIVE,
        simulated=False,
        policy=policy,
        currency=currency,
        currency_exponent=decimals,
        timezone="UTC",
        accounting=Accounting(read=counted, counted=counted),
        sources=(source(),),
        watermark=None if newest is None else newest - policy.bound,
        newest_event=newest,
        first_pane=None if newest is None else newest_end - windows * policy.hop,
        window=policy.length,
        lengths=tuple(sorted({policy.length, *(each for each in LENGTHS if each % policy.hop == 0)})),
        rows=frame(rows),
        judged=frame(pane),
        days=_days(rows, policy),
        provisional=_provisional(plan, gateways, newest_end, policy) if windows and still_open else None,
        verdicts=tuple(verdict for judgement in judgements for verdict in judgement.verdicts),
        severity=max((judgement.severity for judgement in judgements), default=Severity.UNKNOWN),
        rules=rules,
        alerts=book.alerts,
        last_seq=book.last_seq,
        events_per_second=20.0,
    )
    return Scene(snapshot=replace(snapshot, **fields), transitions=tuple(transitions), now=now)


def in_windows(made: Scene, length: int) -> Scene:
    """The same moment in windows of another length, as far as those of the scene fill whole ones."""
    snapshot = made.snapshot
    if length == snapshot.policy.length:
        return made
    rows = frame(list(_of_length(snapshot.rows, snapshot.policy.length, length)))
    return replace(made, snapshot=replace(snapshot, window=length, rows=rows))


_GROWING = tuple(name for name in ROW_SCHEMA if name.endswith(("_count", "_minor")))


def _of_length(rows: pl.DataFrame, given: int, length: int) -> Iterator[dict[str, Any]]:
    """Rows of windows of `length` from those of the `given` one: longer ones are summed, shorter ones a share."""
    known = {(one["window_end"], one["gateway_name"]): one for one in rows.iter_rows(named=True)}
    for (end, gateway), one in known.items():
        parts = [known.get((end - back, gateway)) for back in range(0, max(length, given), given)]
        whole = [part for part in parts if part is not None]
        if len(whole) < len(parts):
            continue
        sums = {name: sum(part[name] for part in whole) * min(length, given) // given for name in _GROWING}
        attempts = sums["attempts_count"]
        rate = sums["payment_failed_count"] / attempts if attempts else None
        yield one | sums | {"window_start": end - length, "payment_fail_rate": rate}


def day(date: dt.date, zone: str, gateway: str = ALL_GATEWAYS, **figures: Any) -> dict[str, Any]:
    """One row of DAY_SCHEMA."""
    calendar = Calendar(zone)
    number = date.toordinal() - dt.date(1970, 1, 1).toordinal()
    usual: dict[str, Any] = {
        "events_count": 0, "purchases_count": 0, "payment_failed_count": 0, "revenue_minor": 0, "refunds_minor": 0,
        "attempts_count": 0, "latency_count": 0, "timed_attempts_count": 0,
    }  # fmt: skip
    made = usual | figures
    attempts = made["purchases_count"] + made["payment_failed_count"]
    return {
        "payment_fail_rate": made["payment_failed_count"] / attempts if attempts else None,
        "avg_latency_ms": None,
        "p95_latency_ms": 412.0 if attempts else None,
        "slow_share": None,
        **made,
        "date": date,
        "day_start": calendar.start(number),
        "day_end": calendar.start(number + 1),
        "gateway_name": gateway,
        "attempts_count": attempts,
        "net_revenue_minor": made["revenue_minor"] - made["refunds_minor"],
    }


def days_frame(*rows: Mapping[str, Any]) -> pl.DataFrame:
    """Rows as a frame of DAY_SCHEMA."""
    return pl.DataFrame(list(rows), schema=DAY_SCHEMA, orient="row")


def _days(rows: Sequence[Mapping[str, Any]], policy: WindowPolicy) -> pl.DataFrame:
    """The day of the clock, as far as the windows that do not overlap tell."""
    days = []
    for gateway in sorted({one["gateway_name"] for one in rows}):
        own = [one for one in rows if one["gateway_name"] == gateway][:: -policy.panes_per_window]
        sums = {name: sum(one[name] for one in own) for name in _GROWING}
        days.append(day(dt.date(2026, 3, 5), "UTC", gateway, **sums))
    return days_frame(*days)


def _provisional(plan: Plan, gateways: Sequence[str], newest_end: int, policy: WindowPolicy) -> pl.DataFrame:
    """The window still open: a third of what it will be."""
    parts = {
        name: replace(figures, purchases=figures.purchases // 3, failed=figures.failed // 3)
        for name in sorted(gateways)
        if (figures := plan(name, 0)) is not None
    }
    end = newest_end + 2 * policy.hop
    rows = [row(end, ALL_GATEWAYS, total(list(parts.values())), policy)]
    return frame(rows + [row(end, name, figures, policy) for name, figures in parts.items()])


def source(**fields: Any) -> SourceStatus:
    """A connected live source."""
    usual: dict[str, Any] = {
        "name": "orders.csv",
        "state": SourceState.CONNECTED,
        "since": NOON,
        "newest_event": NEWEST_END + 66 * SECOND,
        "read": 1204,
    }
    return SourceStatus(**usual | fields)


def healthy() -> Scene:
    """Nothing wrong."""
    return scene()


def incident() -> Scene:
    """One gateway fails: 41 of 52 payments, since two minutes before the newest window."""

    def plan(gateway: str, back: int) -> Figures:
        usual = steady(gateway, back)
        return (
            replace(usual, purchases=11, failed=41, latency_ms=905.0)
            if gateway == "stripe" and back < 3
            else usual
        )

    return scene(plan)


def outage() -> Scene:
    """Every gateway fails and is slow, and has for half an hour."""

    def plan(gateway: str, back: int) -> Figures:
        usual = steady(gateway, back)
        return replace(usual, purchases=30, failed=70, latency_ms=1840.0) if back < 30 else usual

    return scene(plan)


def recovering() -> Scene:
    """A gateway failed, and has been well for two minutes."""

    def plan(gateway: str, back: int) -> Figures:
        usual = steady(gateway, back)
        return replace(usual, purchases=11, failed=41) if gateway == "stripe" and 3 <= back < 12 else usual

    return scene(plan)


def no_data() -> Scene:
    """Started, and nothing has come: the followed file does not exist yet."""
    waiting = source(state=SourceState.WAITING, newest_event=None, read=0, detail="no such file")
    return scene(windows=0, sources=(waiting,), events_per_second=0.0)


def warming_up() -> Scene:
    """The first events, no window closed yet."""
    opened = scene().snapshot.provisional
    return scene(
        windows=0,
        newest_event=NOW - SECOND,
        watermark=NOW - 61 * SECOND,
        provisional=opened,
        warming_up=170 * SECOND,
    )


def empty() -> Scene:
    """Windows without a single event."""
    return scene(
        lambda _gateway, _back: None, windows=20, newest_event=NEWEST_END - 30 * MINUTE, status=Status.END
    )


def low_volume() -> Scene:
    """Three payments in the night: too few to judge."""
    return scene(
        lambda _gateway, _back: Figures(purchases=3, failed=0, logins=0),
        gateways=("stripe",),
        rules=tuple(rule for rule in contracts() if rule.kpi == "fail_rate"),
    )


def huge_money() -> Scene:
    """Sums near the end of what an amount can be."""
    return scene(lambda gateway, back: replace(steady(gateway, back), average_minor=9_007_199_254_740_991))


def negative_net() -> Scene:
    """More is refunded than sold, and was an hour ago too."""
    return scene(lambda gateway, back: replace(steady(gateway, back), refunds_minor=2_500_000 + 1000 * back))


def late() -> Scene:
    """Late events: some revised closed windows, others came too late; duplicates and bad rows as well."""
    made = scene(lambda gateway, back: replace(steady(gateway, back), revision=back % 4 if back < 12 else 0))
    books = Accounting(
        read=1_204, counted=1_180, duplicate=3, late=1, quarantined=12, filtered=8, conflicts=1
    )
    reject = Rejected(
        reason="bad_amount", detail="amount '12.505'", source="orders.csv", offset=17, raw="e1,\\x1b,12.505"
    )
    return replace(
        made,
        snapshot=replace(
            made.snapshot,
            accounting=books,
            quarantine=(reject,),
            quarantine_reasons={"bad_amount": 9, "future": 2, "not_a_record": 1},
        ),
    )


def stale() -> Scene:
    """Live, but the last event came 14 minutes ago."""
    made = scene(now=NEWEST_END + 15 * MINUTE + 6 * SECOND)
    snapshot = made.snapshot
    clock = judge_clock(snapshot.rules, now=made.now, newest_event=snapshot.newest_event)
    judged = tuple(v for v in snapshot.verdicts if v.kpi != "freshness") + tuple(clock.verdicts)
    return replace(made, snapshot=replace(snapshot, verdicts=judged, severity=clock.severity))


def silent() -> Scene:
    """Live, and no event for four minutes: no alert yet, but no good news either."""
    made = scene(now=NEWEST_END + 5 * MINUTE + 6 * SECOND)
    return replace(made, snapshot=replace(made.snapshot, severity=Severity.UNKNOWN))


def catching_up() -> Scene:
    """Live, reading a backlog two hours deep."""
    return scene(now=NOW + 2 * HOUR, catching_up=True, severity=Severity.UNKNOWN)


def ended() -> Scene:
    """A finite file read to its end, years ago by the clock."""
    return scene(
        now=NOW + 400 * 24 * HOUR,
        status=Status.END,
        taken_at=NOW,
        sources=(source(state=SourceState.ENDED, live=False),),
        still_open=False,
    )


def disconnected() -> Scene:
    """The source is gone, the data stay."""
    lost = source(state=SourceState.ERROR, since=NOW - 90 * SECOND, detail="retry in 4s: connection refused")
    return scene(status=Status.DISCONNECTED, sources=(lost,), severity=Severity.UNKNOWN)


def replayed() -> Scene:
    """Time travel."""
    return scene(status=Status.REPLAY, now=NOW + 24 * HOUR, taken_at=NOW)


def simulated() -> Scene:
    """The embedded simulator, with a business zone of its own."""
    made = source(name="sim:42", simulated=True)
    return scene(simulated=True, sources=(made,), timezone="Europe/Berlin")


def two_currencies() -> Scene:
    """Money in other currencies is in no KPI, but in sight."""
    return scene(
        excluded=(
            Excluded(currency="EUR", events=31, amount_minor=412_355),
            Excluded(currency="JPY", events=1, amount_minor=98_000),
        )
    )


def yen() -> Scene:
    """A currency without decimals."""
    return scene(currency="JPY")


def many_gateways() -> Scene:
    """70 gateways: 63 have rows of their own, the others share one."""
    names = [f"gateway-{number:02}" for number in range(63)] + [OTHER_GATEWAYS]
    return scene(gateways=names, windows=40, other_gateways=7, users_estimated=True)


def hour() -> Scene:
    """An incident looked at in windows of an hour, in the middle of a business day in Berlin."""

    def plan(gateway: str, back: int) -> Figures:
        usual = steady(gateway, back)
        return replace(usual, purchases=11, failed=41) if gateway == "stripe" and back < 3 else usual

    days = days_frame(
        day(dt.date(2026, 3, 4), "Europe/Berlin", purchases_count=112_345, payment_failed_count=7_001,
            revenue_minor=886_402_050, refunds_minor=2_400_000),
        day(dt.date(2026, 3, 5), "Europe/Berlin", purchases_count=51_204, payment_failed_count=3_377,
            revenue_minor=404_011_217, refunds_minor=1_115_050),
    )  # fmt: skip
    made = scene(
        plan,
        windows=200,
        rules=contracts(revenue_warn=30_000.0),
        timezone="Europe/Berlin",
        days=days,
        first_pane=NOON - 3 * DAY,
    )
    return in_windows(made, HOUR)


def hostile_names() -> Scene:
    """Gateways, a source and a rule's reason that try to harm the terminal."""
    nasty = source(name=HOSTILE_NAMES[3], state=SourceState.ERROR, detail=HOSTILE_NAMES[7])

    def plan(gateway: str, back: int) -> Figures:
        usual = steady(gateway, back)
        return replace(usual, purchases=10, failed=30) if back < 5 else usual

    return scene(plan, gateways=HOSTILE_NAMES, windows=30, sources=(nasty, source()))


def unruled() -> Scene:
    """No rule at all: nothing is judged."""
    return scene(rules=())


SCENES: Mapping[str, Callable[[], Scene]] = {
    made.__name__: made
    for made in (
        healthy, incident, outage, recovering, no_data, warming_up, empty, low_volume, huge_money, negative_net, late,
        stale, silent, catching_up, ended, disconnected, replayed, simulated, two_currencies, yen, many_gateways, hostile_names, unruled, hour,
    )
}  # fmt: skip
"""Every scene by name."""
