"""What ten thousand alerts cost: to keep, to search, to show."""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from benchmarks.tables import Table
from revtui.cli import build
from revtui.cli.options import Evaluation
from revtui.core.alerts import Phase, Transition
from revtui.core.filters import alert_frame, matching, parse, select
from revtui.core.severity import Severity
from revtui.engine.batchrun import steps
from revtui.engine.monitor import Monitor
from revtui.engine.snapshot import Snapshot
from revtui.tui.app import MonitorApp, Settings
from revtui.tui.feed import StillFeed
from revtui.tui.state import ViewState
from revtui.views.alerts import AlertLedger, fold

ALERTS = 10_000
TIMES = 20
QUERY = "sev>=crit gw:stripe since:2h"
LONG_QUERY = 'sev>=warn (gw:stripe,adyen or kpi~^fail) !silenced "fail rate" dur>2m'
REGEX = "/(a+)+$/"
LONG_TEXT = "a" * 65_535 + "!"


def tables() -> Iterator[Table]:
    yield Table(
        title="Ten thousand alerts",
        columns=("what", "best, ms", "median, ms"),
        rows=list(_rows()),
        note=f"CPU time of all threads, of {TIMES} turns. The query is `{QUERY}`; the screen the Alerts tab at 120x40.",
    )


def _rows() -> Iterator[tuple[str, ...]]:
    newest = _end_of_an_hour()
    now = newest.taken_at
    transitions = _transitions(ALERTS + TIMES, now)
    rows = fold(transitions[: 2 * ALERTS], now=now, source="sim:42", rules=newest.rules)
    frame, query, regex = alert_frame(rows), parse(QUERY), parse(REGEX)
    ledger = AlertLedger(source="sim:42", rules=newest.rules)
    ledger.add(transitions[: 2 * ALERTS])
    further = iter(transitions[2 * ALERTS :: 2])
    long = alert_frame([replace(rows[0], text=LONG_TEXT)])
    for what, task in (
        (f"parse `{LONG_QUERY}`", lambda: parse(LONG_QUERY)),
        ("select among the rows", lambda: matching(query, rows, now)),
        ("select in a frame", lambda: select(query, frame, now)),
        (f"`{REGEX}` in a text of {len(LONG_TEXT):,} characters", lambda: select(regex, long, now)),
        ("one alert more", lambda: (ledger.add([next(further)]), ledger.rows(now))),
    ):
        yield _row(what, [_cpu_ms(task) for _ in range(TIMES)])
    yield _row("select, and paint the screen", asyncio.run(_painting(newest, transitions[: 2 * ALERTS])))


def _row(what: str, taken: list[float]) -> tuple[str, ...]:
    return (what, f"{min(taken):.2f}", f"{statistics.median(taken):.2f}")


async def _painting(newest: Snapshot, transitions: list[Transition]) -> list[float]:
    app = MonitorApp(StillFeed(newest, transitions), Settings(view=ViewState(tab="alerts")))
    taken = []
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(0.5)
        for turn in range(TIMES):
            before = time.process_time()
            app.look(replace(app.view, query="" if turn % 2 else QUERY))
            await pilot.pause()
            taken.append(1000 * (time.process_time() - before))
    return taken


def _end_of_an_hour() -> Snapshot:
    """An hour of the simulator, at its end."""
    plan = build.plan(["sim:?duration=1h"], Evaluation(), build.load_configuration(Evaluation()))
    run = Monitor(plan.sources, plan.settings, now=0)
    for _ in steps(run):
        pass
    return run.snapshot(now=0, events_per_second=0.0)


def _transitions(alerts: int, now: int) -> list[Transition]:
    """So many alerts over two days, each fired and resolved."""
    found: list[Transition] = []
    for number in range(alerts):
        began = now - (alerts - number) * 17_000_000
        fired = Transition(
            seq=2 * number + 1,
            at=began,
            rule=("fail_rate", "p95_latency")[number % 2],
            kind="contract",
            gateway_name=("stripe", "adyen", "paypal", "braintree")[number % 4],
            from_=Phase.PENDING,
            to=Phase.FIRING,
            severity=(Severity.WARN, Severity.CRIT)[number // 2 % 2],
            value=0.31,
            expected=0.30,
            n=120,
            z=None,
            money_at_risk=None,
            began_at=began,
            incident_id=f"incident-{number // 10}",
            muted_by=None,
            clock=False,
            reason="fail rate 31 % above 30 %",
        )
        found += [
            fired,
            replace(
                fired, seq=fired.seq + 1, at=began + 60_000_000, from_=Phase.RECOVERING, to=Phase.RESOLVED
            ),
        ]
    return found


def _cpu_ms(task: Callable[[], object]) -> float:
    before = time.process_time()
    task()
    return 1000 * (time.process_time() - before)
