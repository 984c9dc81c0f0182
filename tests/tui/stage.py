"""The monitor on a stage: run without a terminal, played like a pianist, read like a page."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

from rich.cells import cell_len
from textual.pilot import Pilot

from factories import Scene
from fakes import FakeFeed, Stopwatch
from patience import PATIENCE_SECONDS
from revtui.core.rules import Rule
from revtui.tui.app import MonitorApp, Settings
from revtui.tui.headless import screen_console
from revtui.tui.state import ViewState
from revtui.tui.terminal import Capabilities


@dataclass
class Stage:
    """A running monitor with everything a test needs of it."""

    app: MonitorApp
    pilot: Pilot[None]
    feed: FakeFeed
    clock: Stopwatch
    saved: list[tuple[Rule, ...]]

    async def press(self, *keys: str) -> None:
        """Press keys, and let the app see them."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def look(self) -> str:
        """What stands on the screen once everything is drawn."""
        await self.until(lambda: self.app.settled or self.app._exit)
        await self.pilot.pause()
        return self.text

    async def tick(self, seconds: float = 0.0) -> None:
        """Let time pass, and the app look into its mailbox."""
        self.clock.advance(seconds)
        self.app.tick()
        await self.pilot.pause()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for what a thread or a timer does."""
        deadline = monotonic() + PATIENCE_SECONDS
        while not condition():
            assert monotonic() < deadline, f"never came true; the screen:\n{self.text}"
            await self.pilot.pause(0.01)

    @property
    def text(self) -> str:
        """The screen as text."""
        size = self.app.size
        return "\n".join(
            line.rstrip()
            for line in screen_console(self.app, (size.width, size.height)).export_text().splitlines()
        )

    @property
    def ansi(self) -> str:
        """The screen with its colours."""
        size = self.app.size
        return screen_console(self.app, (size.width, size.height)).export_text(styles=True)

    @property
    def footer(self) -> str:
        """The last line."""
        return self.text.splitlines()[-1]


@asynccontextmanager
async def staged(
    scene: Scene | FakeFeed | None,
    *,
    size: tuple[int, int] = (120, 40),
    readonly: bool = False,
    savable: bool = True,
    save: Callable[[Any], str] | None = None,
    view: ViewState | None = None,
    **capabilities: Any,
) -> AsyncIterator[Stage]:
    """Run the monitor on a scene, or on a feed."""
    feed = scene if isinstance(scene, FakeFeed) else FakeFeed(scene)
    clock = Stopwatch()
    saved: list[tuple[Rule, ...]] = []

    def remember(rules: Any) -> str:
        saved.append(tuple(rules))
        return "saved to revtui.toml"

    settings = Settings(
        capabilities=Capabilities(**capabilities),
        user="mj",
        readonly=readonly,
        save_rules=(save or remember) if savable else None,
        view=view or ViewState(),
        timed=False,
    )
    app = MonitorApp(feed, settings, monotonic=clock)
    async with app.run_test(size=size) as pilot:
        stage = Stage(app, pilot, feed, clock, saved)
        await stage.look()
        yield stage


def widths(text: str) -> set[int]:
    """How wide the lines are, in cells."""
    return {cell_len(line) for line in text.splitlines()}
