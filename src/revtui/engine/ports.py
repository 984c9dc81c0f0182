"""What the engine's surroundings must offer; owned here, by the consumer."""

from typing import Protocol, runtime_checkable

from revtui.core.events import AdmissionPolicy, RawBatch


@runtime_checkable
class Source(Protocol):
    """Where rows come from.

    The contract, which one suite tests against every source:

    * `read` returns the next rows in order and never waits longer than about 0.2 s. An empty batch
      means "nothing now", None means "there will be no more" (finite sources only; final).
    * Every row is handed over exactly once, whatever the batch size, with strictly rising offsets.
    * A line that is no record is in `rejected`, and never harms its neighbours.
    * `read` raises `SourceError` when the source cannot be reached; the caller may call it again.
    * `close` releases everything and may be called twice, and from another thread.
    """

    @property
    def name(self) -> str:
        """Stable, printable, unique among the sources of a run (a path, or `sim:42`)."""

    @property
    def live(self) -> bool:
        """Whether it follows the clock (False: finite, read as fast as possible)."""

    @property
    def simulated(self) -> bool:
        """Whether the events are made up."""

    @property
    def policy(self) -> AdmissionPolicy:
        """How its fields are to be read."""

    @property
    def note(self) -> str:
        """What the screen should say of it, such as the mapping in use; usually empty."""

    def read(self) -> RawBatch | None:
        """The next rows; see the contract above."""

    def close(self) -> None:
        """Release files and threads."""


class Clock(Protocol):
    """Tells processing time."""

    def now(self) -> int:
        """Microseconds since the epoch, UTC."""
