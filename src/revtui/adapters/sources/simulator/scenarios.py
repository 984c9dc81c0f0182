"""Scenarios: the kinds of trouble that can be injected, and the truth about those that were."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from revtui.core.durations import MINUTE
from revtui.core.severity import Severity
from revtui.core.times import format_instant

ANY_GATEWAY: Final = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A kind of trouble, and how a monitor should see it."""

    name: str
    summary: str
    kind: str
    """The expected kind of alert: fail, latency, volume, conversion, order_value, freshness, drift, none."""
    severity: Severity
    """The worst that a monitor should make of it."""
    duration: int
    """Microseconds, when none is given."""
    per_gateway: bool = False
    fail: float | None = None
    """The failed share of attempts becomes this."""
    fail_added: float = 0.0
    """Points (0 to 1) added to the failed share."""
    latency: float = 1.0
    """Factor on latencies."""
    logins: float = 1.0
    """Factor on the number of logins."""
    attempts: float = 1.0
    """Factor on the number of payment attempts and refunds."""
    amounts: float = 1.0
    """Factor on amounts."""
    ramp: bool = False
    """The effect grows in a straight line from nothing to full, instead of at once."""
    silent: bool = False
    """Nothing arrives, and what would have arrived never will."""


SCENARIOS: Final[Mapping[str, Scenario]] = MappingProxyType(
    {
        scenario.name: scenario
        for scenario in (
            Scenario(
                name="outage",
                summary="97 % of one gateway's payments fail",
                kind="fail",
                severity=Severity.CRIT,
                duration=40 * MINUTE,
                per_gateway=True,
                fail=0.97,
            ),
            Scenario(
                name="all_down",
                summary="95 % of all payments fail",
                kind="fail",
                severity=Severity.CRIT,
                duration=25 * MINUTE,
                fail=0.95,
            ),
            Scenario(
                name="partial",
                summary="one gateway fails 35 points more",
                kind="fail",
                severity=Severity.WARN,
                duration=60 * MINUTE,
                per_gateway=True,
                fail_added=0.35,
            ),
            Scenario(
                name="degrading",
                summary="the fail rate climbs by 22 points",
                kind="fail",
                severity=Severity.WARN,
                duration=180 * MINUTE,
                fail_added=0.22,
                ramp=True,
            ),
            Scenario(
                name="latency",
                summary="payments take three times as long",
                kind="latency",
                severity=Severity.WARN,
                duration=45 * MINUTE,
                latency=3.0,
            ),
            Scenario(
                name="latency_gateway",
                summary="one gateway takes four times as long",
                kind="latency",
                severity=Severity.WARN,
                duration=45 * MINUTE,
                per_gateway=True,
                latency=4.0,
            ),
            Scenario(
                name="traffic_drop",
                summary="traffic falls to 40 %",
                kind="volume",
                severity=Severity.WARN,
                duration=60 * MINUTE,
                logins=0.4,
                attempts=0.4,
            ),
            Scenario(
                name="checkout_bug",
                summary="payment attempts fall to 45 %, logins stay",
                kind="conversion",
                severity=Severity.WARN,
                duration=60 * MINUTE,
                attempts=0.45,
            ),
            Scenario(
                name="price_bug",
                summary="amounts fall to 30 %",
                kind="order_value",
                severity=Severity.WARN,
                duration=70 * MINUTE,
                amounts=0.3,
            ),
            Scenario(
                name="stall",
                summary="no events at all, and none later",
                kind="freshness",
                severity=Severity.CRIT,
                duration=25 * MINUTE,
                silent=True,
            ),
            Scenario(
                name="fade",
                summary="traffic sinks slowly by 55 %",
                kind="drift",
                severity=Severity.WARN,
                duration=240 * MINUTE,
                logins=0.45,
                attempts=0.45,
                ramp=True,
            ),
            Scenario(
                name="promotion",
                summary="2.3 times the traffic; nobody should be woken",
                kind="none",
                severity=Severity.INFO,
                duration=120 * MINUTE,
                logins=2.3,
                attempts=2.3,
            ),
        )
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A scenario at a place in event time."""

    scenario: Scenario
    gateway_name: str = ANY_GATEWAY
    began_at: int
    """Microseconds since the epoch, inclusive."""
    ended_at: int
    """Microseconds since the epoch, exclusive."""

    def overlaps(self, start: int, end: int) -> bool:
        """Whether any of [start, end) is in it."""
        return self.began_at < end and start < self.ended_at


def truth(incidents: Iterable[Incident]) -> list[dict[str, Any]]:
    """The ground truth, ready for JSON: one object per incident, by the time it begins."""
    return [
        {
            "scenario": incident.scenario.name,
            "kind": incident.scenario.kind,
            "gateway_name": incident.gateway_name,
            "began_at": format_instant(incident.began_at),
            "ended_at": format_instant(incident.ended_at),
            "severity": incident.scenario.severity.name,
            "summary": incident.scenario.summary,
        }
        for incident in incidents
    ]
