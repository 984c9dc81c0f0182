"""The clock of the host: the only place, beside the runtime, that asks what time it is."""

import time


class SystemClock:
    """The host's clock."""

    def now(self) -> int:
        """Microseconds since the epoch, UTC."""
        return time.time_ns() // 1000
