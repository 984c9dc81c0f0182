"""Fakes that keep the contracts of the real things, and do what a test tells them."""

import asyncio
import threading
from dataclasses import dataclass, replace

import polars as pl

from factories import Scene, in_windows
from revtui.core.alerts import Transition
from revtui.core.rules import judge
from revtui.core.severity import worst
from revtui.engine.commands import Acknowledge, Command, SetRule, ShowWindows
from revtui.engine.snapshot import Mailbox, Snapshot, TransitionLog


class FakeFeed:
    """A feed that shows scenes, remembers commands and obeys them as the engine would."""

    def __init__(self, scene: Scene | None = None, *, failure: BaseException | None = None) -> None:
        """Start with `scene`, or with nothing; `failure` is raised by `run`."""
        self.mailbox = Mailbox()
        self.transitions = TransitionLog()
        self.failure: BaseException | None = None
        self.commands: list[Command] = []
        self.stopped = threading.Event()
        self.ended = threading.Event()
        self.obeys = True
        """Whether commands take effect; not yet, otherwise."""
        self._raises = failure
        if scene is not None:
            self.put(scene.snapshot)
            self.transitions.append(scene.transitions)

    @property
    def snapshot(self) -> Snapshot:
        """The newest."""
        newest = self.mailbox.peek()
        assert newest is not None
        return newest

    def put(self, snapshot: Snapshot) -> None:
        """Publish a snapshot as it is."""
        self.mailbox.put(snapshot)
        if snapshot.window == snapshot.policy.length:
            self._usual = snapshot

    def change(self, **fields: object) -> Snapshot:
        """Publish the newest snapshot with some fields changed, as the next revision."""
        newest = self.snapshot
        changed = replace(newest, revision=newest.revision + 1, **fields)  # type: ignore[arg-type] # names are the test's
        self.put(changed)
        return changed

    def happen(self, *transitions: Transition) -> None:
        """Append transitions, numbered on."""
        log = self.transitions.since(0)
        start = log[-1].seq if log else 0
        self.transitions.append(
            [replace(one, seq=start + number) for number, one in enumerate(transitions, 1)]
        )
        self.change(last_seq=start + len(transitions))

    async def run(self) -> None:
        """Wait to be stopped, or fail."""
        try:
            if self._raises is not None:
                self.failure = self._raises
                raise self._raises
            while not self.stopped.is_set():  # noqa: ASYNC110 - it is stopped from another thread
                await asyncio.sleep(0.02)
        finally:
            self.ended.set()

    def stop(self) -> None:
        """End the run."""
        self.stopped.set()

    def submit(self, command: Command) -> None:
        """Remember the command, and do what the engine would."""
        self.commands.append(command)
        if not self.obeys:
            return
        if isinstance(command, SetRule):
            rules = tuple(
                command.rule if rule.name == command.rule.name else rule for rule in self.snapshot.rules
            )
            newest = self.snapshot.rows.filter(pl.col("window_end") == pl.col("window_end").max())
            exponent = self.snapshot.currency_exponent
            judged = [judge(row, rules, currency_exponent=exponent) for row in newest.iter_rows(named=True)]
            self.change(
                rules=rules,
                verdicts=tuple(verdict for one in judged for verdict in one.verdicts),
                severity=worst([one.severity for one in judged]),
            )
        elif isinstance(command, ShowWindows):
            shown = in_windows(Scene(snapshot=self._usual), command.length).snapshot
            self.change(window=shown.window, rows=shown.rows)
        elif isinstance(command, Acknowledge):
            alerts = tuple(
                replace(alert, acknowledged_by=command.by) if alert.id in command.alert_ids else alert
                for alert in self.snapshot.alerts
            )
            self.change(alerts=alerts)


class Stopwatch:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        """Start at zero."""
        self.seconds = 0.0

    def __call__(self) -> float:
        """Now."""
        return self.seconds

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds


@dataclass(slots=True)
class ManualClock:
    """The host's clock, as a test sets it."""

    us: int
    """Microseconds since the epoch, UTC."""

    def now(self) -> int:
        """The time last set."""
        return self.us

    def advance(self, us: int) -> None:
        """Move forward."""
        self.us += us
