"""What the screen needs of whatever produces its data: a picture, a history, and a way back.

The consumer owns this contract. The runtime's pipeline keeps it, a viewer on a store may, and so
does `StillFeed`, which shows one snapshot for ever (headless frames, tests).
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

from revtui.core.alerts import Transition
from revtui.engine.commands import Command
from revtui.engine.snapshot import Mailbox, Snapshot, TransitionLog


class Feed(Protocol):
    """A producer of snapshots and transitions, run in a thread of its own."""

    @property
    def mailbox(self) -> Mailbox:
        """Where the newest snapshot lies."""

    @property
    def transitions(self) -> TransitionLog:
        """Every transition of the run."""

    @property
    def failure(self) -> BaseException | None:
        """Why it ended early; None while it runs or when it ended well."""

    def run(self) -> Coroutine[Any, Any, None]:
        """The whole run, for `asyncio.run` in a thread; ends after `stop` or with a finite source."""

    def stop(self) -> None:
        """Ask the run to end. Safe from any thread and from a signal handler, never waits."""

    def submit(self, command: Command) -> None:
        """Hand over an operator's command. Safe from any thread, never waits."""


class StillFeed:
    """One snapshot and its transitions, which never change; commands are refused by being dropped."""

    def __init__(self, snapshot: Snapshot | None, transitions: Sequence[Transition] = ()) -> None:
        """Show `snapshot`; None looks like a start without data."""
        self.mailbox = Mailbox()
        self.transitions = TransitionLog()
        self.failure: BaseException | None = None
        if snapshot is not None:
            self.mailbox.put(snapshot)
        self.transitions.append(transitions)

    async def run(self) -> None:
        """Nothing to run."""
        await asyncio.sleep(0)

    def stop(self) -> None:
        """Nothing to stop."""

    def submit(self, command: Command) -> None:
        """A picture cannot be changed."""
