"""The events of one block of time: who did what, when, and when it reached the stream.

A block is a fixed stretch of event time whose events depend on (specification, incidents, block)
only. Incidents never draw random numbers of their own: each decision compares a number drawn in any
case with a threshold that the incident moves. So an incident changes the events in its interval
(and what they lead to, such as retries), and all others stay as they are, ids included.

    candidates ── nature, money, latency, outcome ──> first attempts ── retry ──> second ── retry ──> third
         each thinned by presence (traffic drop, checkout bug, stall), each with its delivery
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from revtui.adapters.sources.simulator.effects import BoolArray, Effects
from revtui.adapters.sources.simulator.profiles import APPROVED, GATEWAY_ERROR, TIMEOUT
from revtui.adapters.sources.simulator.rhythm import FloatArray, IntArray, Rhythm, Stream, generator
from revtui.adapters.sources.simulator.spec import SimulatorSpec
from revtui.core.durations import MINUTE, SECOND
from revtui.core.events import EventType

Rows = npt.NDArray[np.void]
"""Events as a structured array of ROW."""

ROW: Final = np.dtype(
    [
        ("id", np.int64),  # block, population, try and number, packed: unique and sortable
        ("ts", np.int64),  # microseconds since the epoch, whole milliseconds
        ("arrival", np.int64),  # when it reaches the stream
        ("user", np.int64),
        ("minor", np.int64),  # -1: none
        ("latency", np.int64),  # ms; -1: none
        ("kind", np.uint8),  # EventType
        ("gateway", np.int8),  # index in GATEWAYS; -1: none
        ("code", np.int8),  # index in CODES; -1: none
        ("retry", np.int8),
    ],
    align=True,  # numpy copies misaligned columns before it computes with them
)

RETRY_REACH: Final = 2 * 40 * SECOND
"""No retry comes later than this after its first attempt."""

_BLOCK_SHIFT: Final = 28
_POPULATION_SHIFT: Final = 27
_TRY_SHIFT: Final = 25
_RETRIES: Final = 2
_PURPOSES: Final = (
    Stream.NATURE,
    Stream.MONEY,
    Stream.LATENCY,
    Stream.OUTCOME,
    Stream.PRESENCE,
    Stream.DELIVERY,
)
_TIMEOUT_FACTOR: Final = 5.0
_LATENCY_CEILING: Final = 4_200_000
_SESSION_US: Final = 12 * MINUTE
_EVENTS_PER_SESSION: Final = 5
_MS: Final = 1000


def block_minutes(rate: float) -> int:
    """The length of a block: long where events are rare, so that a block is worth its fixed cost."""
    if rate >= 100:
        return 1
    return 5 if rate >= 5 else 30


class Population:
    """Makes the events of any block of a specification."""

    def __init__(self, spec: SimulatorSpec, effects: Effects) -> None:
        self.spec = spec
        self.minutes = block_minutes(spec.rate)
        self.block_us = self.minutes * MINUTE
        self._effects = effects
        self._rhythm = Rhythm(spec)
        self._weights = _cumulative(spec.profile.decline_weights)

    def block(self, index: int) -> Rows:
        """The events that began in a block, in no particular order; redeliveries included."""
        start = index * self.block_us
        effects = self._effects.within(start, start + self.block_us + RETRY_REACH)
        rates = self._rhythm.rates(index * self.minutes, self.minutes)
        parts = self._people(index, effects, rates, tag=0)
        if effects.most > 1.0:
            parts += self._people(index, effects, rates * (effects.most - 1), tag=1)
        rows = np.concatenate([_deliveries(self.spec, part) for part in parts])
        stalled = self._effects.within(start, int(rows["arrival"].max(initial=start)) + 1)
        silent = stalled.silent(rows["arrival"])
        return rows[~silent] if silent.any() else rows

    def _people(self, index: int, effects: Effects, rates: FloatArray, tag: int) -> list["_Drawn"]:
        """First attempts, retries and retries of those, of the ordinary (0) or the additional (1) public."""
        times, minute = self._times(index, rates, tag)
        first = self._first(index, effects, times, rates[minute], tag)
        tries, previous = [first], first
        if self.spec.profile.retry_share:
            for number in range(1, _RETRIES + 1):
                previous = self._again(effects, previous, number, tag)
                tries.append(previous)
        return tries

    def _times(self, index: int, rates: FloatArray, tag: int) -> tuple[IntArray, IntArray]:
        """Rising event times of the candidates, and the minute of the block each falls in."""
        source = generator(self.spec.seed, Stream.TIMES, index, tag)
        noise = self._rhythm.minute_noise(index * self.minutes, self.minutes, tag)
        counts = source.poisson(rates * noise * 60 / _retried(self.spec))
        minute = np.repeat(np.arange(self.minutes), counts)
        milliseconds = np.sort(minute * 60_000 + source.integers(0, 60_000, minute.size))
        return index * self.block_us + milliseconds * _MS, minute

    def _first(self, index: int, effects: Effects, times: IntArray, rates: FloatArray, tag: int) -> "_Drawn":
        """All candidates with everything that is drawn for them."""
        profile, count = self.spec.profile, times.size
        nature, money, latency, outcome, presence, delivery = (
            generator(self.spec.seed, stream, index, tag) for stream in _PURPOSES
        )
        fate = nature.random((3, count))
        login = fate[0] < profile.login_share
        refund = ~login & (fate[0] < profile.login_share + profile.refund_share)
        rows = np.zeros(count, dtype=ROW)
        rows["id"] = (index << _BLOCK_SHIFT) + (tag << _POPULATION_SHIFT) + np.arange(count)
        rows["ts"] = times
        rows["user"] = _users(self.spec, times, rates, fate[1], tag)
        rows["gateway"] = np.searchsorted(np.cumsum(profile.gateway_shares)[:-1], fate[2], side="right")
        failed, code = self._outcome(effects, rows, outcome.random((2, count)))
        failed &= ~login & ~refund
        rows["code"] = np.where(failed, code, APPROVED)
        rows["kind"] = EventType.PURCHASE
        for kind, which in (
            (EventType.PAYMENT_FAILED, failed),
            (EventType.REFUND, refund),
            (EventType.LOGIN, login),
        ):
            rows["kind"][which] = kind
        rows["minor"] = np.where(login, -1, self._money(effects, times, money))
        rows["code"][login] = -1
        if profile.latency_medians_ms:
            rows["gateway"][login] = -1
            timed = self._latency(effects, rows, latency.standard_normal(count))
            rows["latency"] = np.where(login | refund, -1, timed)
        else:
            rows["latency"] = self._flat_latency(effects, rows, latency)
            rows["retry"] = np.where(failed, latency.integers(0, 3, count), 0)
        kept = presence.random(count) < _presence(effects, times, login, tag)
        return _Drawn(rows=rows, kept=kept, failed=kept & failed, delivery=delivery.random((2, count)))

    def _again(self, effects: Effects, previous: "_Drawn", number: int, tag: int) -> "_Drawn":
        """The retries of failed attempts."""
        failures = previous.rows[previous.failed]
        dice = _dice(self.spec.seed, failures["id"], 9)
        some = dice[0] < self.spec.profile.retry_share
        rows, dice = failures[some], dice[:, some]
        rows["id"] += 1 << _TRY_SHIFT
        rows["ts"] += np.minimum(2000 - 6000 * np.log1p(-dice[1]), 40_000).astype(np.int64) * _MS
        failed, code = self._outcome(effects, rows, dice[2:4])
        rows["kind"] = np.where(failed, EventType.PAYMENT_FAILED, EventType.PURCHASE)
        rows["code"] = np.where(failed, code, APPROVED)
        rows["retry"] = number
        normal = np.sqrt(-2 * np.log1p(-dice[4])) * np.cos(2 * np.pi * dice[5])
        rows["latency"] = self._latency(effects, rows, normal)
        login = np.zeros(rows.size, dtype=np.bool_)
        kept = dice[6] < _presence(effects, rows["ts"], login, tag)
        return _Drawn(rows=rows, kept=kept, failed=kept & failed, delivery=dice[7:9])

    def _outcome(
        self, effects: Effects, rows: Rows, dice: FloatArray
    ) -> tuple[BoolArray, npt.NDArray[np.int8]]:
        """Whether an attempt would fail, and with which code."""
        gateways = rows["gateway"]
        ordinary = np.asarray(self.spec.profile.fail_rates)[gateways]
        failed = dice[0] < effects.fail_rates(ordinary, rows["ts"], gateways)
        some = np.flatnonzero(failed)
        code = np.full(rows.size, APPROVED, dtype=np.int8)
        chosen = 1 + (dice[1, some, None] >= self._weights[gateways[some]]).sum(axis=1)
        caused = GATEWAY_ERROR + (dice[1, some] >= 0.6)
        code[some] = np.where(dice[0, some] < ordinary[some], chosen, caused)
        return failed, code

    def _money(self, effects: Effects, times: IntArray, source: np.random.Generator) -> IntArray:
        """Amounts in minor units, at least 1."""
        mean, sigma = self.spec.profile.amount_mean_minor, self.spec.profile.amount_sigma
        if sigma:
            amounts = mean * np.exp(sigma * source.standard_normal(times.size) - sigma**2 / 2)
        else:
            amounts = source.uniform(0.05 * mean, 1.95 * mean, times.size)
        return np.maximum(np.rint(amounts * effects.amounts(times)), 1).astype(np.int64)

    def _latency(self, effects: Effects, rows: Rows, normal: FloatArray) -> IntArray:
        """Milliseconds, lognormal by gateway; a timeout takes several times as long."""
        medians = np.asarray(self.spec.profile.latency_medians_ms)[rows["gateway"]]
        factor = effects.latency(rows["ts"], rows["gateway"]) * np.where(
            rows["code"] == TIMEOUT, _TIMEOUT_FACTOR, 1.0
        )
        latency = medians * np.exp(self.spec.profile.latency_sigma * normal) * factor
        return np.asarray(np.minimum(np.rint(latency), _LATENCY_CEILING), dtype=np.int64)

    def _flat_latency(self, effects: Effects, rows: Rows, source: np.random.Generator) -> IntArray:
        low, high = self.spec.profile.latency_range_ms
        flat = source.integers(low, high, rows.size, endpoint=True)
        return np.rint(flat * effects.latency(rows["ts"], rows["gateway"])).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """Events before it is decided which of them take place."""

    rows: Rows
    kept: BoolArray
    """Whether it takes place."""
    failed: BoolArray
    """Whether it takes place and is a failed payment."""
    delivery: FloatArray
    """Two random numbers for each: how long its way is, and whether it is special."""


def _presence(effects: Effects, times: IntArray, login: BoolArray, tag: int) -> FloatArray:
    """The probability that a candidate of the ordinary (0) or additional (1) public is there."""
    presence = effects.presence(times, login)
    return presence if tag == 0 else (presence - 1) / (effects.most - 1)


def _retried(spec: SimulatorSpec) -> float:
    """Events for one candidate, retries included, on an ordinary day."""
    profile = spec.profile
    again = profile.retry_share * float(np.dot(profile.gateway_shares, profile.fail_rates))
    return 1 + (1 - profile.login_share - profile.refund_share) * again * (1 + again)


def _users(spec: SimulatorSpec, times: IntArray, rates: FloatArray, choice: FloatArray, tag: int) -> IntArray:
    """Who did it. Users sit on seats, a session of 12 minutes each; the busier, the more seats."""
    pool = max(int(spec.rate * spec.profile.pool_seconds), 50)
    if not spec.profile.shaped:
        return (choice * pool).astype(np.int64)
    seats = np.maximum(rates * (_SESSION_US / SECOND / _EVENTS_PER_SESSION), 1)
    seat = (choice * seats).astype(np.int64) + (tag << 32)
    session = (times + (seat * 7919) % 720 * SECOND) // _SESSION_US
    return (
        _mixed(_mixed(seat.view(np.uint64), spec.seed) + session.view(np.uint64), 0) % np.uint64(pool)
    ).view(np.int64)


def _deliveries(spec: SimulatorSpec, drawn: _Drawn) -> Rows:
    """The events that take place, with their arrivals; some late, some twice."""
    rows, (way, fate) = drawn.rows, drawn.delivery
    if not drawn.kept.all():
        rows, (way, fate) = rows[drawn.kept], drawn.delivery[:, drawn.kept]
    rows["arrival"] = rows["ts"] + (way * spec.disorder_us).astype(np.int64)
    if spec.late:
        late = fate < spec.late
        rows["arrival"][late] += (120 * SECOND + fate[late] / spec.late * 2280 * SECOND).astype(np.int64)
    if not spec.duplicate_share:
        return rows
    twice = fate >= 1 - spec.duplicate_share
    copies = rows[twice]
    rest = (1 - fate[twice]) / spec.duplicate_share
    copies["arrival"] += (0.5 * SECOND + rest * 119.5 * SECOND).astype(np.int64)
    return np.concatenate([rows, copies])


def _cumulative(weights: tuple[tuple[float, ...], ...]) -> FloatArray:
    """By gateway: upper edges of all decline codes but the last."""
    table = np.asarray(weights)
    return np.asarray((np.cumsum(table, axis=1) / table.sum(axis=1, keepdims=True))[:, :-1])


def _mixed(values: npt.NDArray[np.uint64], seed: int) -> npt.NDArray[np.uint64]:
    """Well mixed 64-bit numbers (the finaliser of splitmix64)."""
    mixed = values + np.uint64((seed * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def _dice(seed: int, ids: IntArray, count: int) -> FloatArray:
    """`count` numbers in [0, 1) for each id, which depend on seed and id only."""
    own = _mixed(np.ascontiguousarray(ids).view(np.uint64), seed)
    return np.stack([_mixed(own, number + 1) >> np.uint64(11) for number in range(count)]) * 2.0**-53
