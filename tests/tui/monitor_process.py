"""The monitor on a fake feed as a program of its own, for tests that need a real terminal.

    monitor_process.py SCENE [live] [stuck] [lost] [patient]

`live` publishes a new revision twenty times a second; `stuck` ignores requests to stop; `lost` never
shows anything, since its source cannot be read; `patient` leaves all the time in the world to what
has been asked to end.
"""

import asyncio
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from factories import SCENES
from fakes import FakeFeed
from revtui.core.errors import RevtuiError, SourceError
from revtui.tui import ending
from revtui.tui.launch import Wishes, run_monitor

DAY_SECONDS = 86_400.0


class LiveFeed(FakeFeed):
    """A feed that always has something new."""

    async def run(self) -> None:
        """Count events until stopped."""
        while not self.stopped.is_set():
            await asyncio.sleep(0.05)
            books = self.snapshot.accounting
            newest = type(books)(read=books.read + 1, counted=books.counted + 1)
            self.change(accounting=newest, taken_at=self.snapshot.taken_at + 50_000)


class StuckFeed(FakeFeed):
    """A feed whose run does not end when it is told to."""

    async def run(self) -> None:
        """Never end."""
        await asyncio.sleep(DAY_SECONDS)


def main() -> int:
    name, *modes = sys.argv[1:]
    if "patient" in modes:
        ending.GRACE_SECONDS = DAY_SECONDS  # type: ignore[misc] # read when the wait begins
    kind = LiveFeed if "live" in modes else StuckFeed if "stuck" in modes else FakeFeed
    lost = SourceError("orders.csv: permission denied", hint="make it readable")
    feed = FakeFeed(failure=lost) if "lost" in modes else kind(SCENES[name]())
    try:
        return run_monitor(feed, Wishes(), environ=dict(os.environ), save_rules=lambda _rules: "saved")
    except RevtuiError as error:
        sys.stderr.write(f"revtui: {error.message}; {error.hint}\n")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
