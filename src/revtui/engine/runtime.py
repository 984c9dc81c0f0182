"""The live runtime: sources and engine as supervised asyncio tasks in a thread of their own.

    source task (one per source) ──bounded queue──> engine task ──> mailbox, transitions
                                                        ^── commands, and the tick of the clock

It goes on whether or not anybody looks: front ends take snapshots from the mailbox and never make
it wait. A source that fails is retried with growing pauses while the others run on.
"""

import asyncio
import contextlib
import random
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from revtui.core.durations import MICROSECONDS_PER_SECOND
from revtui.core.errors import SourceError
from revtui.engine.batchrun import steps
from revtui.engine.commands import Command
from revtui.engine.intake import Reading
from revtui.engine.monitor import Monitor, MonitorSettings
from revtui.engine.ports import Clock, Source
from revtui.engine.snapshot import Mailbox, SourceState, TransitionLog

_QUEUE_BATCHES: Final = 8
_POLL_SECONDS: Final = 1.0
"""The longest between two looks into a source that has nothing more; shorter when the screen is faster."""
_GATHER_SECONDS: Final = 0.1
"""From the moment all sources are looked into to the snapshot with what they had."""
_MORE_ROWS: Final = 64
"""A read of so many rows, or of old ones, is followed by the next at once: there must be more to come."""
_FIRST_RETRY_SECONDS: Final = 1.0
_LAST_RETRY_SECONDS: Final = 30.0
_RATE_SMOOTHING: Final = 0.3
_BUSY_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class _Rows:
    """What was read from one source, on its way to the engine."""

    place: int
    reading: Reading
    more: bool
    """Whether the source had more to read at once: it is catching up."""


@dataclass(frozen=True, slots=True)
class _State:
    """What a source is doing, on its way to the engine."""

    place: int
    state: SourceState
    detail: str = ""


class Pipeline:
    """One run of the monitor; see `tui.feed.Feed` for what the screen relies on."""

    def __init__(
        self, sources: Sequence[Source], settings: MonitorSettings, clock: Clock, *, refresh: float = 0.25
    ) -> None:
        """`refresh` is the time between snapshots in seconds."""
        self._clock = clock
        self._refresh = refresh
        self._beat = min(refresh, _POLL_SECONDS)
        self._monitor = Monitor(sources, settings, now=clock.now())
        self.mailbox = Mailbox()
        self.failure: BaseException | None = None
        self._commands: deque[Command] = deque()
        self._queue: asyncio.Queue[_Rows | _State | None] = asyncio.Queue(_QUEUE_BATCHES)
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.Event | None = None
        self._rate = 0.0
        self._rate_at = (clock.now(), 0)
        self._behind = False

    @property
    def transitions(self) -> TransitionLog:
        """Every transition of the run."""
        return self._monitor.transitions

    def submit(self, command: Command) -> None:
        """Hand over an operator's command; it takes effect at once. Safe from any thread."""
        self._commands.append(command)
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has just closed: the run is over
                self._loop.call_soon_threadsafe(self._nudge)

    def _nudge(self) -> None:
        """Wake the engine's task, unless rows keep it awake already."""
        with contextlib.suppress(asyncio.QueueFull):
            self._queue.put_nowait(None)

    def stop(self) -> None:
        """Ask the run to end. Safe from any thread and from a signal handler; never waits."""
        self._stopping.set()
        if self._loop is not None and self._wake is not None:
            with contextlib.suppress(RuntimeError):  # the loop has just closed: the run is over
                self._loop.call_soon_threadsafe(self._wake.set)
                self._loop.call_soon_threadsafe(self._nudge)

    async def run(self) -> None:
        """The whole run: until `stop`, or for ever when a source is live; a failure is kept in `failure`."""
        self._loop, self._wake = asyncio.get_running_loop(), asyncio.Event()
        try:
            if self._stopping.is_set():
                return
            if any(intake.source.live for intake in self._monitor.intakes):
                await self._run_live()
            else:
                await self._run_finite()
        except BaseException as error:
            self.failure = error
            raise
        finally:
            for intake in self._monitor.intakes:
                intake.source.close()

    # --- finite sources --------------------------------------------------------------------------

    async def _run_finite(self) -> None:
        """Read to the end, showing how far it has come; then stay, for the operator's commands."""
        due = 0.0
        for _ in steps(self._monitor):
            self._obey()
            if asyncio.get_running_loop().time() >= due:
                self._publish()
                due = asyncio.get_running_loop().time() + self._refresh
            await asyncio.sleep(0)
            if self._stopping.is_set():
                return
        self._publish()
        while not self._stopping.is_set():
            await self._nudged()
            if self._obey() or self._monitor.looking_back:
                self._monitor.settle(now=self._clock.now())
                self._publish()

    async def _nudged(self) -> None:
        """Wait until there may be something to do."""
        if self._monitor.looking_back:
            await asyncio.sleep(0)
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._queue.get(), self._refresh)

    # --- live sources ----------------------------------------------------------------------------

    async def _run_live(self) -> None:
        queue = self._queue
        readers = [
            asyncio.create_task(self._read(place, queue), name=f"source {intake.source.name}")
            for place, intake in enumerate(self._monitor.intakes)
        ]
        try:
            await self._reckon(queue)
        finally:
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)

    async def _read(self, place: int, queue: "asyncio.Queue[_Rows | _State | None]") -> None:
        """One source, supervised: whatever it raises, it is tried again, later and later."""
        intake, retry, failed, behind = self._monitor.intakes[place], _FIRST_RETRY_SECONDS, False, False
        while not self._stopping.is_set():
            try:
                reading = await asyncio.to_thread(intake.read, self._clock.now())
            except Exception as error:  # noqa: BLE001 - the supervisor: one source must not stop the others
                wait = retry * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, so that many do not retry as one
                await queue.put(_State(place, SourceState.ERROR, f"{_told(error)}; retry in {wait:.0f} s"))
                retry, failed = min(2 * retry, _LAST_RETRY_SECONDS), True
                if await self._pause(wait):
                    return
                continue
            if reading is None:
                await queue.put(_State(place, SourceState.ENDED))
                return
            if failed:
                await queue.put(_State(place, SourceState.CONNECTED))
                retry, failed = _FIRST_RETRY_SECONDS, False
            events = reading.events
            more = events.height >= _MORE_ROWS or self._is_old(events, self._clock.now())
            if events.height or reading.rejected or reading.filtered or behind:
                await queue.put(_Rows(place, reading, more))
            behind = more
            if not more and await self._pause(self._beat - asyncio.get_running_loop().time() % self._beat):
                return

    async def _reckon(self, queue: "asyncio.Queue[_Rows | _State | None]") -> None:
        """The engine's turn: take what has come, let time pass, publish.

        Sources are looked into on the beat, all at once, and a snapshot follows shortly after: few rows
        cost nearly as much to take in as many, so a quiet source is not asked more often than shown.
        """
        loop = asyncio.get_running_loop()
        due, shown = loop.time(), self._stage
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                item = await asyncio.wait_for(queue.get(), max(0.001, due - loop.time()))
                self._handle(item)
            busy_until = loop.time() + _BUSY_SECONDS
            while not queue.empty() and loop.time() < busy_until:
                self._handle(queue.get_nowait())
            if loop.time() >= due or self._stage != shown or self._commands:
                self._obey()
                self._monitor.settle(now=self._clock.now())
                self._publish()
                shown = self._stage
                after = loop.time() + self._refresh
                due = after - after % self._beat + min(_GATHER_SECONDS, self._beat / 2)

    @property
    def _stage(self) -> tuple[bool, bool]:
        """What is worth a snapshot out of turn: the first rows, and having caught up."""
        return self._monitor.accounting.read > 0, self._monitor.catching_up

    def _handle(self, item: _Rows | _State | None) -> None:
        if item is None:
            return
        now = self._clock.now()
        if isinstance(item, _Rows):
            self._monitor.receive(item.place, item.reading, now=now)
            if item.more and self._is_old(item.reading.events, now):
                self._monitor.behind.add(item.place)
            else:
                self._monitor.behind.discard(item.place)
            return
        self._monitor.behind.discard(item.place)  # whatever it had still to tell, it does not tell now
        if item.state is SourceState.ENDED:
            self._monitor.end(item.place, now=now)
        else:
            self._monitor.mark(item.place, item.state, now=now, detail=item.detail)

    def _is_old(self, events: pl.DataFrame, now: int) -> bool:
        """Whether rows lie so far back that there must be newer ones to read."""
        newest = events["event_ts"].max()
        policy = self._monitor.settings.engine.policy
        return isinstance(newest, int) and newest < now - policy.bound - policy.hop

    # --- both ------------------------------------------------------------------------------------

    def _obey(self) -> bool:
        """Apply the commands that wait; whether there were any."""
        obeyed = bool(self._commands)
        while self._commands:
            self._monitor.apply(self._commands.popleft())
        return obeyed

    def _publish(self) -> None:
        now = self._clock.now()
        then, read_then = self._rate_at
        read = self._monitor.accounting.read
        backlog, self._behind = self._behind or self._monitor.catching_up, self._monitor.catching_up
        if backlog:  # read as fast as it can be: that is no rate at which rows come
            self._rate, self._rate_at = 0.0, (now, read)
        elif now - then >= MICROSECONDS_PER_SECOND:
            rate = (read - read_then) * MICROSECONDS_PER_SECOND / (now - then)
            self._rate += _RATE_SMOOTHING * (rate - self._rate)
            self._rate_at = (now, read)
        self.mailbox.put(self._monitor.snapshot(now=now, events_per_second=self._rate))

    async def _pause(self, seconds: float) -> bool:
        """Wait, unless the run is to stop; whether it is."""
        if self._wake is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), seconds)
        return self._stopping.is_set()


def _told(error: Exception) -> str:
    """An error in one line."""
    return error.message if isinstance(error, SourceError) else f"{type(error).__name__}: {error}"
