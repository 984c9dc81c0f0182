"""Windows `[start, end)`: their policy, and the integer arithmetic of panes and windows.

All times are microseconds since the epoch. A pane is hop-wide and aligned to the epoch; pane `p`
is `[p*hop, (p+1)*hop)`. A window is named by its end; the window that ends with pane `p` ends at
`(p+1)*hop`.
"""

from dataclasses import dataclass
from typing import Final

from revtui.core.durations import HOUR, format_duration
from revtui.core.durations import MINUTE as MINUTE  # noqa: PLC0414 - also offered here, as the unit of policies
from revtui.core.errors import UsageError

LENGTHS: Final = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR)
"""Of the windows that can be shown beside the configured ones, where the hop divides them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowPolicy:
    """Length, hop and patience of the windows, in microseconds.

    Raises:
        UsageError: when the values do not fit each other; the message shows them.
    """

    length: int = 5 * MINUTE
    hop: int = 1 * MINUTE
    bound: int = 1 * MINUTE
    """Out-of-orderness: the watermark trails the newest event by this much."""
    lateness: int = 15 * MINUTE
    """A closed window is revised until the watermark is this far past its end."""
    horizon: int = 60 * MINUTE
    """An event_id is remembered for one to two of these."""
    users_span: int = 30 * MINUTE
    """Span of the active users."""

    def __post_init__(self) -> None:
        for name in ("length", "hop", "horizon", "users_span"):
            if getattr(self, name) <= 0:
                raise UsageError(f"{name} must be positive, not {format_duration(getattr(self, name))}")
        for name in ("bound", "lateness"):
            if getattr(self, name) < 0:
                raise UsageError(f"{name} must not be negative, not {format_duration(getattr(self, name))}")
        if self.length % self.hop:
            raise UsageError(
                f"window length {format_duration(self.length)} is no multiple of the hop {format_duration(self.hop)}",
                hint="choose a hop that divides the length, such as 1m for 5m",
            )
        if self.horizon < self.length + self.lateness + self.bound:
            raise UsageError(
                f"duplicate horizon {format_duration(self.horizon)} is shorter than length"
                f" {format_duration(self.length)} + lateness {format_duration(self.lateness)}"
                f" + bound {format_duration(self.bound)}",
                hint="a redelivery could be counted twice: raise the horizon or lower the lateness",
            )

    @property
    def panes_per_window(self) -> int:
        """How many panes a window holds."""
        return self.length // self.hop
