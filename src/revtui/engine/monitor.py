"""The whole way of a datum for one run, as plain calls: what the live runtime and headless runs share.

Rows go in through `take`, time passes through `settle`, and `snapshot` is the picture of it all. The
accounting is whole at every moment: rows that are read but not judged yet are not in it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from revtui.core.events import Accounting
from revtui.core.kpis import ALL_GATEWAYS
from revtui.core.rules import FRESHNESS, Verdict, judge_clock, unknown
from revtui.core.severity import Severity, worst
from revtui.core.watermarks import NEVER, PAST_ALL
from revtui.engine.commands import Command
from revtui.engine.encoding import encode
from revtui.engine.engine import Engine, EngineSettings, Results
from revtui.engine.history import RowHistory
from revtui.engine.intake import QUARANTINE_SHOWN, Delivery, Intake, Reading, reasons_of
from revtui.engine.ports import Source
from revtui.engine.snapshot import (
    Excluded,
    Snapshot,
    SourceState,
    SourceStatus,
    Status,
    TransitionLog,
    newest_rows,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorSettings:
    """What a run needs to know beyond its engine."""

    engine: EngineSettings
    max_jump: int
    max_future_skew: int
    idle_timeout: int
    retention: int
    """Microseconds of event time that rows are kept for."""


class Monitor:
    """Sources, engine and history of one run."""

    def __init__(self, sources: Sequence[Source], settings: MonitorSettings, *, now: int) -> None:
        """Sources are known by their place from now on; `now` is processing time in microseconds."""
        self.settings = settings
        self.engine = Engine(settings.engine)
        self.transitions = TransitionLog()
        self.intakes = [
            Intake(source, max_jump=settings.max_jump, max_future_skew=settings.max_future_skew)
            for source in sources
        ]
        self._history = RowHistory(retention=settings.retention)
        self._engine_rows = Accounting()
        self._read_by_source = [0] * len(sources)
        self._status = [_first_status(source, now) for source in sources]
        self._heard = [now] * len(sources)
        self._revision = 0
        self.behind: set[int] = set()
        """The live sources that are reading a backlog: by the clock, nothing can be said of freshness."""
        self.looking_back = False
        """Whether the next picture shows more of the past than the newest, without any news."""
        for source in sources:
            self.engine.add_source(source.name)

    # --- rows and time ---------------------------------------------------------------------------

    def receive(self, place: int, reading: Reading, *, now: int) -> None:
        """Take in what was read from a source."""
        self.intakes[place].take_in(reading)
        if reading.events.height:
            self.take(Delivery(events=reading.events, sources=place), now=now)

    def take(self, delivery: Delivery, *, now: int, batch_rows: int | None = None) -> None:
        """Push events through the engine, `batch_rows` at a time; the size changes nothing in the result."""
        batch, sources = encode(delivery.events, currency=self.settings.engine.currency), delivery.sources
        step = batch_rows or max(1, len(batch))
        for start in range(0, len(batch), step):
            rows = slice(start, start + step)
            verdicts = self.engine.push(batch[rows], sources if isinstance(sources, int) else sources[rows])
            self._engine_rows += Accounting(
                read=sum((verdicts.counted, verdicts.duplicate, verdicts.late)),
                counted=verdicts.counted,
                duplicate=verdicts.duplicate,
                late=verdicts.late,
                conflicts=verdicts.conflicts,
            )
        counts = {sources: len(batch)} if isinstance(sources, int) else Counter(sources.tolist())
        for place, count in counts.items():
            self._heard[place] = now
            self._read_by_source[place] += count
            if self._status[place].state is not SourceState.CONNECTED:
                self.mark(place, SourceState.CONNECTED, now=now)

    def end(self, place: int, *, now: int) -> None:
        """A finite source has no more rows."""
        self.engine.end_source(place)
        self.mark(place, SourceState.ENDED, now=now)

    def mark(self, place: int, state: SourceState, *, now: int, detail: str = "") -> None:
        """Note what a source is doing."""
        known = self._status[place]
        since = known.since if known.state is state else now
        note = detail or self.intakes[place].note
        self._status[place] = replace(known, state=state, since=since, detail=note)

    def settle(self, *, now: int) -> Results:
        """Let time pass: idle sources step aside, clock rules are judged, results are published."""
        for place, status in enumerate(self._status):
            silent = now - self._heard[place] > self.settings.idle_timeout
            if status.live and silent and status.state is SourceState.CONNECTED:
                self.engine.idle_source(place)
                self.mark(place, SourceState.IDLE, now=now)
        if not self.catching_up:
            self.engine.tick(now)
        results = self.engine.drain()
        self._history.update(results)
        self.transitions.append(results.transitions)
        return results

    def apply(self, command: Command) -> None:
        """Obey an operator's command."""
        self.engine.apply(command)

    # --- pictures --------------------------------------------------------------------------------

    @property
    def catching_up(self) -> bool:
        """Whether a live source is reading a backlog."""
        return bool(self.behind)

    @property
    def accounting(self) -> Accounting:
        """Where every row has gone; always balanced."""
        return sum((intake.totals.accounting for intake in self.intakes), self._engine_rows)

    def snapshot(self, *, now: int, events_per_second: float = 0.0) -> Snapshot:
        """The picture at `now`, by the clock when live; finite runs stand at their newest event."""
        engine, live = self.engine, self.settings.engine.live
        newest = engine.newest_event
        status = self._status_word()
        taken_at = now if live or newest is None else newest
        verdicts, severity = self._verdicts(taken_at)
        rows, look = self._history.rows, engine.look()
        self.looking_back = look is not None and not look.whole
        window = self.settings.engine.policy.length if look is None else look.length
        watermark = engine.watermarks.current
        self._revision += 1
        picture = Snapshot(
            revision=self._revision,
            taken_at=taken_at,
            status=status,
            simulated=any(intake.source.simulated for intake in self.intakes),
            policy=self.settings.engine.policy,
            currency=self.settings.engine.currency,
            currency_exponent=self.settings.engine.currency_exponent,
            timezone=self.settings.engine.timezone,
            accounting=self.accounting,
            sources=tuple(self._source(place) for place in range(len(self.intakes))),
            watermark=None if watermark in {NEVER, PAST_ALL} else watermark,
            newest_event=newest,
            first_pane=engine.first_pane,
            window=window,
            lengths=engine.lengths,
            rows=rows if look is None else look.rows,
            judged=newest_rows(rows),
            days=engine.days(),
            provisional=engine.provisional() if look is None else look.provisional,
            verdicts=verdicts,
            severity=severity,
            rules=engine.rules,
            alerts=engine.alerts,
            last_seq=self.transitions.last_seq,
            excluded=self._excluded(),
            other_gateways=engine.other_gateways,
            users_estimated=engine.tally.users_estimated,
            quarantine=tuple(
                sorted(
                    (row for intake in self.intakes for row in intake.totals.newest),
                    key=lambda row: row.offset,
                )[-QUARANTINE_SHOWN:]
            ),
            quarantine_reasons=reasons_of(self.intakes),
            events_per_second=events_per_second,
            warming_up=self._warming_up(window),
            catching_up=self.catching_up,
        )
        return replace(picture, severity=picture.severity_at(taken_at))

    def _status_word(self) -> Status:
        states = {status.state for status in self._status}
        if states == {SourceState.ENDED}:
            return Status.END
        working = states - {SourceState.ERROR, SourceState.ENDED}
        return Status.LIVE if working else Status.DISCONNECTED

    def _verdicts(self, now: int) -> tuple[tuple[Verdict, ...], Severity]:
        """What the rules say of the newest closed window; live, the clock's word on freshness."""
        judgements, live = self.engine.judgements, self.settings.engine.live
        verdicts = [
            verdict
            for judgement in judgements
            for verdict in judgement.verdicts
            if not live or verdict.kpi != FRESHNESS
        ]
        severities = [judgement.severity for judgement in judgements[:1]]
        severities += [verdict.severity for verdict in verdicts if verdict.breached]
        if live:
            if severities and not any(verdict.breached for verdict in verdicts):
                severities = [Severity.UNKNOWN if severities[0] is Severity.UNKNOWN else Severity.OK]
            clock = judge_clock(self.engine.rules, now=now, newest_event=self.engine.newest_event)
            if self.catching_up:
                verdicts += [
                    unknown(rule, ALL_GATEWAYS) for rule in self.engine.rules if rule.kpi == FRESHNESS
                ]
                severities.append(Severity.UNKNOWN)
            else:
                verdicts += clock.verdicts
                severities += [verdict.severity for verdict in clock.verdicts]
        return tuple(verdicts), worst(severities)

    def _source(self, place: int) -> SourceStatus:
        progress = self.engine.watermarks.sources[place]
        totals = self.intakes[place].totals
        known = self._status[place]
        own = progress.watermark(self.settings.engine.policy.bound)
        return replace(
            known,
            detail=known.detail if known.state is SourceState.ERROR else self.intakes[place].note,
            watermark=None if own in {NEVER, PAST_ALL} else own,
            newest_event=None if progress.newest == NEVER else progress.newest,
            offset=self.intakes[place].offset,
            read=self._read_by_source[place] + totals.accounting.read,
            quarantined=totals.quarantined,
        )

    def _excluded(self) -> tuple[Excluded, ...]:
        home = self.settings.engine.currency
        return tuple(
            Excluded(currency=currency, events=account.counted_events, amount_minor=account.counted)
            for currency, account in sorted(self.engine.money.items())
            if currency != home and account.counted_events
        )

    def _warming_up(self, length: int) -> int | None:
        start, watermark = self.engine.first_pane, self.engine.watermarks.current
        if start is None or watermark == PAST_ALL:
            return None
        missing = start + length - watermark
        return missing if missing > 0 else None


def _first_status(source: Source, now: int) -> SourceStatus:
    state = SourceState.WAITING if source.live else SourceState.CONNECTED
    return SourceStatus(
        name=source.name,
        state=state,
        since=now,
        detail=source.note,
        live=source.live,
        simulated=source.simulated,
    )
