"""Profiles: what a simulated business looks like on an ordinary day.

    realistic   daily rhythm, noise with memory, lognormal amounts and latencies, chained retries
    original    the generator this monitor was first built around: flat, uniform, one failure in four

`original` reproduces 60 % logins, 30 % purchases and 10 % failed payments over four equal gateways,
latencies uniform in 150 to 1600 ms on every event, and uniform amounts, at a constant rate. So its
p95 is always over 1200 ms and its fail rate near 25 %: fixed thresholds warn for ever on it.
`realistic` keeps the share of logins (60 %) but lets only 5 to 8 % of payment attempts fail.
"""

from dataclasses import dataclass
from typing import Final

GATEWAYS: Final = ("stripe", "adyen", "paypal", "braintree")
"""The breakdown, by falling share of payment attempts."""

CODES: Final = (
    "approved",
    "do_not_honor",
    "insufficient_funds",
    "expired_card",
    "incorrect_cvc",
    "suspected_fraud",
    "timeout",
    "gateway_error",
    "gateway_unavailable",
)
"""Response codes. The last two are given to failures that an incident caused."""

APPROVED: Final = CODES.index("approved")
TIMEOUT: Final = CODES.index("timeout")
GATEWAY_ERROR: Final = CODES.index("gateway_error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The parameters of an ordinary day."""

    name: str
    shaped: bool
    """Whether traffic follows the hour and the weekday, with noise; else the rate is constant."""
    login_share: float = 0.60
    """Logins among all events; the rest are payment attempts and refunds."""
    refund_share: float
    """Refunds among all events."""
    gateway_shares: tuple[float, ...]
    fail_rates: tuple[float, ...]
    """Failed share of attempts by gateway."""
    decline_weights: tuple[tuple[float, ...], ...]
    """By gateway: weights of CODES[1:7]."""
    retry_share: float
    """Failed payments that the same user tries again seconds later; 0: `retry_attempt` is a random
    number on failed payments, without a first attempt to go with it."""
    latency_medians_ms: tuple[float, ...]
    """By gateway, lognormal; empty: uniform in `latency_range_ms`, and logins have one too."""
    latency_sigma: float = 0.45
    latency_range_ms: tuple[int, int] = (150, 1600)
    amount_mean_minor: float
    amount_sigma: float
    """Of the lognormal; 0: uniform from a twentieth of the mean to nearly twice the mean."""
    pool_seconds: float
    """The number of users is the rate per second times this."""
    duplicates: float
    """Share of events delivered twice, unless the specification says otherwise."""
    disorder_us: int
    """Events arrive up to this much after they happened, unless the specification says otherwise."""


REALISTIC: Final = Profile(
    name="realistic",
    shaped=True,
    refund_share=0.004,
    gateway_shares=(0.40, 0.25, 0.20, 0.15),
    fail_rates=(0.05, 0.06, 0.08, 0.07),
    decline_weights=(
        (0.34, 0.30, 0.12, 0.10, 0.08, 0.06),
        (0.42, 0.24, 0.12, 0.09, 0.09, 0.04),
        (0.18, 0.44, 0.06, 0.04, 0.20, 0.08),
        (0.32, 0.28, 0.16, 0.10, 0.06, 0.08),
    ),
    retry_share=0.35,
    latency_medians_ms=(320.0, 360.0, 450.0, 400.0),
    amount_mean_minor=4000.0,
    amount_sigma=0.75,
    pool_seconds=5000.0,
    duplicates=0.001,
    disorder_us=3_000_000,
)

ORIGINAL: Final = Profile(
    name="original",
    shaped=False,
    refund_share=0.0,
    gateway_shares=(0.25, 0.25, 0.25, 0.25),
    fail_rates=(0.25, 0.25, 0.25, 0.25),
    decline_weights=((0.30, 0.30, 0.15, 0.05, 0.05, 0.15),) * 4,
    retry_share=0.0,
    latency_medians_ms=(),
    amount_mean_minor=10_000.0,
    amount_sigma=0.0,
    pool_seconds=500.0,
    duplicates=0.0,
    disorder_us=0,
)

PROFILES: Final = {profile.name: profile for profile in (REALISTIC, ORIGINAL)}
