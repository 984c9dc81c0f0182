"""The engine and the monitor that are measured."""

from revtui.core.contracts import contracts
from revtui.core.durations import HOUR, MINUTE
from revtui.core.windows import WindowPolicy
from revtui.engine.engine import Engine, EngineSettings
from revtui.engine.monitor import MonitorSettings

SECOND = 1_000_000


RETENTION = 24 * HOUR


def settings(hop_seconds: int = 60, *, live: bool = False, **policy: int) -> EngineSettings:
    """Contracts over windows of five minutes; `policy` in microseconds. Live: as if somebody looked at the screen."""
    return EngineSettings(
        policy=WindowPolicy(hop=hop_seconds * SECOND, **policy),
        currency="USD",
        currency_exponent=2,
        latency_sla_ms=1200,
        max_gateways=64,
        rules=contracts(),
        live=live,
        archive=RETENTION if live else 0,
    )


def engine(hop_seconds: int = 60, *, live: bool = False, **policy: int) -> Engine:
    made = Engine(settings(hop_seconds, live=live, **policy))
    made.add_source("bench")
    return made


def monitor_settings(of: EngineSettings) -> MonitorSettings:
    return MonitorSettings(
        engine=of,
        max_jump=24 * HOUR,
        max_future_skew=5 * MINUTE,
        idle_timeout=MINUTE,
        retention=RETENTION,
    )
