"""Keys one after the other: none is looked at before the one ahead of it has done what it does.

The framework gives each key to the widget that has the focus at that moment, and whatever the key does
happens later, behind a chain of queues. Of keys that arrive together, such as a pasted `/quit`, the later
ones would be sent where the focus was before the first one. So the app takes its keys from a queue:

    key ──> a key of the registry: done at once ──> next key
      └───> text: sent to the focused widget, a `KeyDone` behind it on the same way ──back──> next key
"""

from collections import deque
from typing import Final

from textual import events
from textual.app import App
from textual.message import Message
from textual.timer import Timer  # noqa: TC002 - beside its siblings

LOST_SECONDS: Final = 0.5
"""A widget that goes away takes with it what it was sent; this long is waited for it."""

Input = events.Key | events.Paste


class KeyDone(Message):
    """Follows a key through the widgets; when it is back, the key has been dealt with."""


class KeysInOrder(App[None], inherit_bindings=False):
    """An app that deals with one key at a time."""

    def __init__(self, **options: object) -> None:
        """`options` go to the framework."""
        super().__init__(**options)  # type: ignore[arg-type] # the framework's own options
        self._waiting: deque[Input] = deque()
        self._ahead: KeyDone | None = None
        self._patience: Timer | None = None

    async def on_event(self, event: events.Event) -> None:
        """Called by the framework for every event; input waits for its turn."""
        if not isinstance(event, Input) or event.is_forwarded:
            await super().on_event(event)
            return
        self._waiting.append(event)
        await self._take_keys()

    async def on_key_done(self, event: KeyDone) -> None:
        """The key ahead is done."""
        if event is self._ahead:
            await self._go_on()

    async def _take_keys(self) -> None:
        while self._waiting and self._ahead is None:
            event = self._waiting.popleft()
            target, done = self.focused or self.screen, KeyDone()
            await super().on_event(event)
            if event.is_forwarded and target.post_message(done):
                self._ahead = done
                self._patience = self.set_timer(LOST_SECONDS, self._go_on)

    async def _go_on(self) -> None:
        if self._patience is not None:
            self._patience.stop()
        self._ahead = None
        await self._take_keys()
