"""Whole runs over scripted sources: merging, accounting, guards, supervision, and the picture of it all."""

import asyncio
import threading
from collections.abc import Callable
from typing import Self

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import ManualClock
from patience import PATIENCE_SECONDS, until
from revtui.core.alerts import Phase
from revtui.core.contracts import contracts
from revtui.core.events import RawBatch
from revtui.core.rules import Levels
from revtui.core.severity import Severity
from revtui.core.windows import MINUTE, WindowPolicy
from revtui.engine import lookback
from revtui.engine.batchrun import Outcome, run_finite, steps
from revtui.engine.commands import SetRule, ShowWindows
from revtui.engine.engine import EngineSettings
from revtui.engine.intake import Intake, merged
from revtui.engine.monitor import Monitor, MonitorSettings
from revtui.engine.runtime import Pipeline
from revtui.engine.snapshot import Snapshot, SourceState, Status
from scripted import BASE, SECOND, ScriptedSource, cut, purchase, unreachable

DAY = 24 * 60 * MINUTE


def settings_for(
    *, live: bool = False, policy: WindowPolicy | None = None, archive: int = 0
) -> MonitorSettings:
    return MonitorSettings(
        engine=EngineSettings(
            policy=policy or WindowPolicy(),
            currency="USD",
            currency_exponent=2,
            latency_sla_ms=1200,
            max_gateways=64,
            rules=contracts(),
            live=live,
            archive=archive,
        ),
        max_jump=DAY,
        max_future_skew=5 * MINUTE,
        idle_timeout=MINUTE,
        retention=2 * DAY,
    )


def intake(source: ScriptedSource) -> Intake:
    return Intake(source, max_jump=DAY, max_future_skew=5 * MINUTE)


streams = st.lists(st.lists(st.integers(0, 40), max_size=8), min_size=1, max_size=3)


@settings(max_examples=30)
@given(
    streams,
    st.lists(st.integers(1, 5), min_size=1, max_size=3),
    st.lists(st.integers(1, 5), min_size=1, max_size=3),
)
def test_the_merged_stream_is_by_running_maximum_whatever_the_batches(
    seconds: list[list[int]], some: list[int], other: list[int]
) -> None:
    rows = [
        [purchase(second, f"{place}-{turn}") for turn, second in enumerate(times)]
        for place, times in enumerate(seconds)
    ]
    expected = sorted(
        (max(times[: turn + 1]), place, turn)
        for place, times in enumerate(seconds)
        for turn in range(len(times))
    )
    for sizes in (some, other):
        ended: list[int] = []
        sources = [ScriptedSource(str(place), cut(own, sizes)) for place, own in enumerate(rows)]
        ids = [
            event_id
            for delivery in merged([intake(source) for source in sources], ended.append)
            for event_id in delivery.events["event_id"].to_list()
        ]
        assert ids == [f"{place}-{turn}" for _, place, turn in expected]
        assert sorted(ended) == list(range(len(seconds)))


def messy_rows() -> list[dict[str, str]]:
    """Everything that can become of a row."""
    rows = [purchase(20 * turn, f"e{turn}", gateway_name="stripe") for turn in range(200)]
    rows[5] = {**rows[5], "amount": "12.505"}
    rows[6] = {**rows[6], "event_type": "page_view"}
    rows[7] = {**rows[7], "event_type": ""}
    rows[50] = {**rows[10]}
    rows[51] = {**rows[11], "amount": "99.00"}
    rows[150] = purchase(3, "too-late")
    rows[60] = purchase(400 * 86_400, "in-a-year")
    return rows


@pytest.mark.parametrize("batch_rows", [1, 7, 1000, None])
def test_every_row_ends_in_one_place_and_batches_change_nothing(batch_rows: int | None) -> None:
    outcome = run_finite([ScriptedSource("s", [messy_rows()])], settings_for(), batch_rows=batch_rows)
    accounting = outcome.accounting
    assert accounting.balanced
    assert (accounting.read, accounting.duplicate, accounting.conflicts, accounting.late) == (200, 2, 1, 1)
    assert (accounting.quarantined, accounting.filtered, accounting.counted) == (3, 1, 193)
    reference = run_finite([ScriptedSource("s", [messy_rows()])], settings_for())
    assert outcome.rows.equals(reference.rows)


@pytest.mark.fault("F62")
def test_one_row_of_next_year_changes_no_window() -> None:
    rows = [purchase(20 * turn, f"e{turn}") for turn in range(100)]
    wild = [*rows[:40], purchase(400 * 86_400, "wild"), *rows[40:]]
    outcome = run_finite([ScriptedSource("s", [wild])], settings_for())
    assert outcome.rows.equals(run_finite([ScriptedSource("s", [rows])], settings_for()).rows)
    (kept,) = outcome.monitor.snapshot(now=0).quarantine
    assert (kept.reason, "wild" in kept.raw, kept.raw.startswith("{'event_id'")) == ("jump", True, True)


def test_two_files_split_by_any_rule_give_the_windows_of_one() -> None:
    rows = [purchase(20 * turn, f"e{turn}", gateway_name=("a", "b")[turn % 2]) for turn in range(300)]
    whole = run_finite([ScriptedSource("one", [rows])], settings_for())
    halves = [ScriptedSource("even", [rows[::2]]), ScriptedSource("odd", cut(rows[1::2], [3, 11]))]
    assert run_finite(halves, settings_for()).rows.equals(whole.rows)


def test_money_by_verdict_is_the_money_of_all_admitted_rows() -> None:
    rows = [purchase(20 * turn, f"e{turn % 90}", amount=f"{turn}.10") for turn in range(100)]
    rows += [purchase(20 * turn, f"x{turn}", amount="7.00", currency="EUR") for turn in range(100, 110)]
    rows += [purchase(0, "late", amount="1000.00")]
    outcome = run_finite([ScriptedSource("s", [rows])], settings_for())
    money = outcome.monitor.engine.money
    assert (
        sum((money["USD"].counted, money["USD"].duplicate, money["USD"].late))
        == sum(100 * turn + 10 for turn in range(100)) + 100_000
    )
    assert money["EUR"].counted == 7_000
    snapshot = outcome.monitor.snapshot(now=0)
    assert [(item.currency, item.events, item.amount_minor) for item in snapshot.excluded] == [
        ("EUR", 10, 7_000)
    ]


def test_a_finite_run_stands_at_its_newest_event_and_says_end() -> None:
    outcome = run_finite([ScriptedSource("s", [[purchase(0, "a"), purchase(61, "b")]])], settings_for())
    snapshot = outcome.monitor.snapshot(now=BASE + 10 * DAY)
    assert (snapshot.status, snapshot.taken_at, snapshot.newest_event) == (
        Status.END,
        BASE + 61 * SECOND,
        BASE + 61 * SECOND,
    )
    assert [source.state for source in snapshot.sources] == [SourceState.ENDED]
    assert snapshot.severity is Severity.OK


def test_a_source_without_rows_is_unknown_not_ok() -> None:
    snapshot = run_finite([ScriptedSource("s", [])], settings_for()).monitor.snapshot(now=0)
    assert (snapshot.severity, snapshot.newest_event, snapshot.rows.height) == (Severity.UNKNOWN, None, 0)


def test_revised_windows_are_published_once_per_settling() -> None:
    rows = [purchase(10 * turn, f"e{turn}") for turn in range(60)]
    late = [purchase(30 + turn, f"behind{turn}") for turn in range(7)]
    monitor = Monitor([ScriptedSource("s", [[*rows, *late]])], settings_for(), now=0)
    results = list(steps(monitor))
    revised = pl.concat([result.revised for result in results]).filter(pl.col("gateway_name") == "*")
    assert revised["window_end"].is_unique().all()
    assert revised["revision"].max() == 7


# --- live ----------------------------------------------------------------------------------------


class ObservedPipeline(Pipeline):
    """Notes how many rows it has read, and for how long it then pauses."""

    pauses: tuple[tuple[int, float], ...] = ()

    async def _pause(self, seconds: float) -> bool:
        self.pauses += ((sum(intake._end_offset for intake in self._monitor.intakes), seconds),)
        return await super()._pause(seconds)


class Running:
    """A pipeline in its thread, under a manual clock."""

    def __init__(self, sources: list[ScriptedSource], *, now: int = BASE, refresh: float = 0.01) -> None:
        self.clock = ManualClock(now)
        live = any(source.live for source in sources)
        settings = settings_for(live=live, archive=2 * DAY)
        self.pipeline = ObservedPipeline(sources, settings, self.clock, refresh=refresh)
        self.thread = threading.Thread(target=lambda: asyncio.run(self.pipeline.run()))

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.pipeline.stop()
        self.thread.join(PATIENCE_SECONDS)
        assert not self.thread.is_alive()

    def until(self, holds: Callable[[Snapshot], bool]) -> Snapshot:
        """The first snapshot of which `holds` is true."""
        found: list[Snapshot] = []

        def came() -> bool:
            newest = self.pipeline.mailbox.peek()
            if newest is not None and holds(newest):
                found.append(newest)
            return bool(found)

        until(came, lambda: str(self.pipeline.mailbox.peek()))
        return found[0]


def test_a_live_source_is_followed_until_the_run_is_stopped() -> None:
    source = ScriptedSource("s", [[purchase(0, "a")], [], [purchase(70, "b")]], live=True)
    with Running([source], now=BASE + 70 * SECOND) as run:
        snapshot = run.until(lambda snapshot: snapshot.accounting.counted == 2)
        assert (snapshot.status, snapshot.accounting.balanced) == (Status.LIVE, True)
    assert source.closed
    assert run.pipeline.failure is None


@pytest.mark.fault("F20", "F73")
def test_a_failing_source_is_retried_while_the_other_goes_on() -> None:
    bad = ScriptedSource("bad", [unreachable("bad")], live=True)
    good = ScriptedSource("good", [[purchase(0, "a")]], live=True)
    with Running([bad, good]) as run:
        snapshot = run.until(
            lambda snapshot: (
                snapshot.accounting.counted == 1 and snapshot.sources[0].state is SourceState.ERROR
            )
        )
        assert "connection refused" in snapshot.sources[0].detail
        assert "retry in" in snapshot.sources[0].detail
        assert snapshot.status is Status.LIVE
        run.until(lambda snapshot: snapshot.sources[0].state is SourceState.CONNECTED)


def test_when_every_source_fails_the_monitor_is_disconnected_and_never_ok() -> None:
    source = ScriptedSource("s", [[purchase(0, "a")], *[unreachable("s")] * 50], live=True)
    with Running([source]) as run:
        snapshot = run.until(lambda snapshot: snapshot.status is Status.DISCONNECTED)
        assert snapshot.severity not in {Severity.OK, Severity.INFO}
        assert snapshot.accounting.counted == 1


@pytest.mark.fault("F66")
def test_silence_fires_freshness_by_the_clock_and_an_event_resolves_it() -> None:
    source = ScriptedSource("s", [[purchase(0, "a"), purchase(1, "b")]], live=True)
    with Running([source]) as run:
        run.until(lambda snapshot: snapshot.accounting.counted == 2)
        run.clock.advance(12 * MINUTE)
        snapshot = run.until(lambda snapshot: snapshot.severity is Severity.CRIT)
        assert snapshot.sources[0].state is SourceState.IDLE
        fired = [item for item in run.pipeline.transitions.since(0) if item.to is Phase.FIRING]
        assert [(item.kind, item.clock) for item in fired] == [("freshness", True)]


@pytest.mark.fault("F66", "F68")
def test_a_source_that_fails_in_its_backlog_does_not_silence_the_clock() -> None:
    rows = [purchase(turn, f"e{turn}") for turn in range(200)]
    source = ScriptedSource("s", [rows, *[unreachable("s")] * 50], live=True)
    with Running([source], now=BASE + 7200 * SECOND) as run:
        run.until(lambda snapshot: snapshot.status is Status.DISCONNECTED)
        run.until(lambda snapshot: snapshot.severity is Severity.CRIT)


@pytest.mark.fault("F68")
def test_a_backlog_is_caught_up_with_before_the_clock_judges() -> None:
    rows = [purchase(20 * turn, f"e{turn}") for turn in range(360)]
    with Running([ScriptedSource("s", cut(rows, [10]), live=True)], now=BASE + 7200 * SECOND) as run:
        run.until(lambda snapshot: snapshot.accounting.counted == 360 and not snapshot.catching_up)
        assert not [item for item in run.pipeline.transitions.since(0) if item.kind == "freshness"]


class CountingSource(ScriptedSource):
    """Always has one more row, of the present moment; counts how often it was asked."""

    asked = 0

    def read(self) -> RawBatch:
        self.asked += 1
        return self._batch([purchase(0, f"e{self.asked}")])


def test_a_trickle_is_gathered_and_not_read_row_by_row() -> None:
    source = CountingSource("s", [], live=True)
    with Running([source], refresh=0.2) as run:
        run.until(lambda snapshot: snapshot.accounting.counted >= 5)
    read, seconds = zip(*run.pipeline.pauses, strict=True)
    assert read == tuple(range(1, len(read) + 1))
    assert all(0 < each <= 0.2 for each in seconds)
    assert sum(seconds) > 0.2  # not the end of one beat many times


@pytest.mark.fault("F68")
def test_a_backlog_in_small_pieces_is_read_without_a_pause() -> None:
    rows = [purchase(turn, f"e{turn}") for turn in range(300)]
    source = ScriptedSource("s", cut(rows, [3]), live=True)
    with Running([source], now=BASE + 7200 * SECOND, refresh=0.5) as run:
        run.until(lambda snapshot: snapshot.accounting.counted == 300)
        until(lambda: run.pipeline.pauses)
    assert {read for read, _ in run.pipeline.pauses} == {300}


@pytest.mark.fault("F62")
def test_a_live_event_ahead_of_the_clock_goes_to_quarantine() -> None:
    rows = [purchase(0, "a"), purchase(3600, "ahead")]
    with Running([ScriptedSource("s", [rows], live=True)]) as run:
        snapshot = run.until(lambda snapshot: snapshot.accounting.read == 2)
        assert [row.reason for row in snapshot.quarantine] == ["future"]
        assert "ahead" in snapshot.quarantine[0].raw


def test_a_command_takes_effect_on_the_next_window() -> None:
    source = ScriptedSource("s", [[purchase(0, "a")]], live=True)
    with Running([source]) as run:
        snapshot = run.until(lambda snapshot: snapshot.accounting.counted == 1)
        rule = next(rule for rule in snapshot.rules if rule.kpi == "fail_rate")
        stricter = type(rule)(
            **{name: getattr(rule, name) for name in rule.__dataclass_fields__}
            | {"levels": Levels(warn=0.01, crit=0.02)}
        )
        run.pipeline.submit(SetRule(rule=stricter))
        run.until(lambda snapshot: stricter in snapshot.rules and len(snapshot.rules) == len(contracts()))


def test_a_finite_pipeline_reaches_its_end_and_stays_for_commands() -> None:
    rows = [purchase(20 * turn, f"e{turn}") for turn in range(500)]
    with Running([ScriptedSource("s", cut(rows, [50]))]) as run:
        snapshot = run.until(lambda snapshot: snapshot.status is Status.END)
        assert snapshot.accounting.counted == 500
        assert run.thread.is_alive()


@pytest.mark.parametrize("live", [False, True])
def test_other_windows_are_shown_while_it_runs_back_to_the_first_event(
    live: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookback, "_ROWS_AT_ONCE", 20)
    rows = [purchase(20 * turn, f"e{turn}") for turn in range(900)]
    with Running([ScriptedSource("s", [rows], live=live)], now=BASE + 18_000 * SECOND) as run:
        run.until(lambda snapshot: snapshot.accounting.counted == 900)
        run.pipeline.submit(ShowWindows(length=15 * MINUTE))
        last = 300 if not live else 298  # the last window of a live source is not closed
        snapshot = run.until(lambda seen: seen.window == 15 * MINUTE and seen.rows.height >= last)
        assert snapshot.rows["events_count"].max() == 45
        assert snapshot.judged["events_count"].to_list() == [15], "alerts go by the configured ones"
        run.pipeline.submit(ShowWindows(length=5 * MINUTE))
        snapshot = run.until(lambda seen: seen.window == 5 * MINUTE)
        assert snapshot.rows["events_count"].max() == 15


def test_who_waits_for_a_command_needs_no_other_news() -> None:
    rows = [purchase(20 * turn, f"e{turn}") for turn in range(90)]
    with Running([ScriptedSource("s", [rows])], refresh=3600) as run:
        run.until(lambda snapshot: snapshot.status is Status.END)
        run.pipeline.submit(ShowWindows(length=15 * MINUTE))
        run.until(lambda snapshot: snapshot.window == 15 * MINUTE)


def test_stopping_before_the_start_ends_at_once() -> None:
    pipeline = Pipeline([ScriptedSource("s", [], live=True)], settings_for(live=True), ManualClock(BASE))
    pipeline.stop()
    asyncio.run(pipeline.run())
    assert pipeline.mailbox.peek() is None


def test_an_outcome_is_ordered_by_window_then_all_events_then_name() -> None:
    rows = [
        purchase(20 * turn, f"e{turn}", gateway_name=("zed", "!bang", "adyen")[turn % 3])
        for turn in range(60)
    ]
    outcome: Outcome = run_finite([ScriptedSource("s", [rows])], settings_for())
    keys = outcome.rows.select("window_end", "gateway_name").rows()
    assert keys == sorted(keys, key=lambda key: (key[0], key[1] != "*", key[1]))
    assert {name for _, name in keys} == {"*", "!bang", "adyen", "zed"}
