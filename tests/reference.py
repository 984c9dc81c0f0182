"""The engine by the letter of the definitions: one event at a time, every window rescanned in full.

It shares nothing with the engine but the rules' judgement, and is slow on purpose.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from revtui.core.events import EVENT_SCHEMA, EventType
from revtui.core.kpis import ROW_SCHEMA
from revtui.core.rules import Rule, judge
from revtui.core.windows import MINUTE, WindowPolicy

NEVER = -math.inf


@dataclass(frozen=True)
class Event:
    event_ts: int
    event_id: str
    kind: EventType = EventType.PURCHASE
    user_id: str | None = None
    amount_minor: int | None = 100
    currency: str = "USD"
    gateway_name: str | None = None
    latency_ms: int | None = None

    @property
    def payload(self) -> tuple[object, ...]:
        return (
            self.event_ts,
            self.kind,
            self.user_id,
            self.amount_minor,
            self.currency,
            self.gateway_name,
            self.latency_ms,
        )


def frame(events: Sequence[Event]) -> pl.DataFrame:
    """EVENT_SCHEMA."""
    rows = [
        {
            "event_ts": event.event_ts,
            "event_id": event.event_id,
            "user_id": event.user_id,
            "kind": int(event.kind),
            "amount_minor": event.amount_minor,
            "currency": event.currency,
            "status": None,
            "response_code": None,
            "gateway_name": event.gateway_name,
            "latency_ms": event.latency_ms,
            "retry_attempt": 0,
            "offset": offset,
        }
        for offset, event in enumerate(events)
    ]
    return pl.DataFrame(rows, schema=EVENT_SCHEMA)


@dataclass
class Reference:
    policy: WindowPolicy
    rules: tuple[Rule, ...] = ()
    currency: str = "USD"
    exponent: int = 2
    latency_sla_ms: int = 1200
    max_gateways: int = 64
    sources: int = 1
    counted: list[tuple[Event, float]] = field(default_factory=list)
    """Each with the watermark that stood when it came."""
    verdicts: list[str] = field(default_factory=list)
    conflicts: int = 0
    names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.own: list[float] = [NEVER] * self.sources
        self.ended = [False] * self.sources
        self.watermark: float = NEVER
        self.remembered: dict[str, tuple[float, tuple[object, ...]]] = {}

    def take(self, event: Event, source: int = 0) -> str:
        before = self.watermark
        hop, length = self.policy.hop, self.policy.length
        pane_start = event.event_ts // hop * hop
        known = self.remembered.get(event.event_id)
        present = math.floor(before / self.policy.horizon) if before != NEVER else NEVER
        if known is not None and (known[0] == NEVER or known[0] >= present - 1):
            verdict = "duplicate"
            self.conflicts += known[1] != event.payload
        elif before >= pane_start + length + self.policy.lateness:
            verdict = "late"
        else:
            verdict = "counted"
            self.counted.append((event, before))
            self._name(event.gateway_name)
        self.verdicts.append(verdict)
        if verdict != "late":
            self.own[source] = max(self.own[source], event.event_ts - self.policy.bound)
            self._settle()
        if verdict == "counted":
            generation = self.watermark // self.policy.horizon if self.watermark != NEVER else NEVER
            self.remembered[event.event_id] = (generation, event.payload)
        return verdict

    def end(self, source: int) -> None:
        self.ended[source] = True
        self._settle()

    def _settle(self) -> None:
        before = self.watermark
        active = [own for own, ended in zip(self.own, self.ended, strict=True) if not ended]
        self.watermark = max(self.watermark, min(active, default=math.inf))
        if before == NEVER and NEVER < self.watermark < math.inf:
            # Ids that came before the first watermark belong to its generation.
            first = self.watermark // self.policy.horizon
            self.remembered = {key: (first, payload) for key, (_, payload) in self.remembered.items()}

    def _name(self, gateway: str | None) -> None:
        if gateway is not None and gateway not in self.names:
            own = sum(name != "(other)" for name in self.names.values())
            free = own < self.max_gateways and gateway not in ("*", "(other)")
            self.names[gateway] = gateway if free else "(other)"

    def rows(self, *, at_close: bool) -> list[dict[str, object]]:
        """Every row, as first published or as final."""
        if not self.counted:
            return []
        hop = self.policy.hop
        first = min(event.event_ts for event, _ in self.counted) // hop + 1
        last = max(event.event_ts for event, _ in self.counted) // hop + 1
        rows = []
        for window in range(first, last + 1):
            end = window * hop
            limit = end if at_close else end + self.policy.lateness
            closed = [event for event, before in self.counted if before < end]
            held = [(event, before) for event, before in self.counted if before < limit]
            names = {"*"} | {
                self.names[event.gateway_name]
                for event, _ in held
                if event.gateway_name is not None and end - self.policy.length <= event.event_ts < end
            }
            for name in sorted(names, key=lambda name: (name != "*", name)):
                row = self._row(end, name, held)
                flags = self._flags(self._row(end, name, [(event, NEVER) for event in closed]), name)
                rows.append({**row, **flags})
        return rows

    def _flags(self, row: Mapping[str, object], name: str) -> dict[str, object]:
        if name != "*" and not row["events_count"]:
            return {"alert_flag": "UNKNOWN", "sla_breach_flag": False, "alert_reason": ""}
        judgement = judge(row, self.rules, currency_exponent=self.exponent)
        return {
            "alert_flag": judgement.severity.name,
            "sla_breach_flag": judgement.sla_breach,
            "alert_reason": judgement.reason,
        }

    def _row(self, end: int, name: str, held: Sequence[tuple[Event, float]]) -> dict[str, object]:
        span = max(self.policy.length, self.policy.users_span)
        mine = [
            (event, before)
            for event, before in held
            if event.event_ts < end
            and (name == "*" or (event.gateway_name is not None and self.names[event.gateway_name] == name))
        ]
        inside = [event for event, _ in mine if event.event_ts >= end - self.policy.length]
        kinds = defaultdict(list)
        for event in inside:
            kinds[event.kind].append(event)
        attempts = kinds[EventType.PURCHASE] + kinds[EventType.PAYMENT_FAILED]
        timed_attempts = [event.latency_ms for event in attempts if event.latency_ms is not None]
        latencies = sorted(event.latency_ms for event in inside if event.latency_ms is not None)
        revenue, refunds = (self._money(kinds[kind]) for kind in (EventType.PURCHASE, EventType.REFUND))
        slow = sum(latency > self.latency_sla_ms for latency in timed_attempts)
        return {
            "window_start": end - self.policy.length,
            "window_end": end,
            "gateway_name": name,
            "revision": sum(before >= end and event.event_ts >= end - span for event, before in mine),
            "events_count": len(inside),
            "purchases_count": len(kinds[EventType.PURCHASE]),
            "payment_failed_count": len(kinds[EventType.PAYMENT_FAILED]),
            "revenue_minor": revenue,
            "refunds_minor": refunds,
            "net_revenue_minor": revenue - refunds,
            "payment_fail_rate": len(kinds[EventType.PAYMENT_FAILED]) / len(attempts) if attempts else None,
            "avg_latency_ms": sum(latencies) / len(latencies) if latencies else None,
            "p95_latency_ms": _percentile(latencies, 0.95) if latencies else None,
            "p95_tolerance_ms": _tolerance(latencies, 0.95) if latencies else 0,
            "slow_share": slow / len(timed_attempts) if timed_attempts else None,
            "active_users_30m": len(
                {
                    event.user_id
                    for event, _ in mine
                    if event.user_id is not None and event.event_ts >= end - self.policy.users_span
                }
            ),
            "data_freshness_minutes": (end - max(event.event_ts for event, _ in mine)) // MINUTE
            if mine
            else None,
            "attempts_count": len(attempts),
            "latency_count": len(latencies),
            "timed_attempts_count": len(timed_attempts),
        }

    def _money(self, events: Sequence[Event]) -> int:
        return sum(abs(event.amount_minor or 0) for event in events if event.currency == self.currency)


def _percentile(ordered: Sequence[int], q: float) -> float:
    position = q * (len(ordered) - 1)
    low = math.floor(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (position - low) * (ordered[high] - ordered[low])


def _tolerance(ordered: Sequence[int], q: float) -> float:
    """Exact below 4,096 ms, within 1/128 above."""
    high = ordered[min(math.floor(q * (len(ordered) - 1)) + 1, len(ordered) - 1)]
    return high / 128 if high >= 4096 else 0


def dicts(rows: pl.DataFrame) -> list[dict[str, object]]:
    """Rows as mappings, columns in the order of ROW_SCHEMA."""
    return rows.select(ROW_SCHEMA.names()).to_dicts()
