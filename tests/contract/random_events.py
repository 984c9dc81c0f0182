"""Made-up payments with everything in them that goes wrong, from a seed.

Rows are text by column (see event_files). Times walk forwards, mostly; some come late, some far too early,
some twice, some are broken.
"""

import datetime as dt
from dataclasses import dataclass, field
from random import Random
from zoneinfo import ZoneInfo

from event_files import Row
from oracle import DAY, MINUTE, SECOND, Options
from oracle_fields import EPOCH

GATEWAYS = (
    "stripe",
    "adyen",
    "paypal",
    "Ünzer, GmbH",
    'pay"quoted"',
    "klarna",
    "a b",
    "mollie",
    "*",
    "(other)",
)
BROKEN = (
    {"event_type": ""},
    {"event_ts": ""},
    {"event_ts": "yesterday"},
    {"event_ts": "1999-12-31T23:59:59Z"},
    {"event_ts": "2100-06-01T00:00:00Z"},
    {"event_ts": "2026-02-30T10:00:00Z"},
    {"event_ts": "2026-03-05T25:00:00Z"},
    {"event_type": "purchase", "amount": ""},
    {"event_type": "refund", "amount": ""},
    {"event_type": "purchase", "amount": "-5.00"},
    {"event_type": "login", "amount": "-5.00"},
    {"amount": "12.5051"},
    {"amount": "1,234.50"},
    {"amount": "$12.50"},
    {"amount": "NaN"},
    {"amount": "Infinity"},
    {"amount": "twelve"},
    {"currency": "ZZZ"},
    {"currency": "dollars"},
    {"latency_ms": "-1"},
    {"latency_ms": "4200001"},
    {"latency_ms": "fast"},
    {"retry_attempt": "once"},
    {"retry_attempt": "1.5"},
)
SHAPES = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f")


@dataclass(slots=True, kw_only=True)
class Maker:
    """One run's rows; everything that differs from the plainest shop is a field."""

    rng: Random
    options: Options
    start: int
    mean_step: int = 5 * SECOND
    dirt: float = 1.0
    """How much of everything bad: 0 is a clean file."""
    gaps: bool = True
    users: int = 40
    gateways: tuple[str, ...] = GATEWAYS
    made: list[Row] = field(default_factory=list)

    def rows(self, count: int, *, start: int | None = None) -> list[Row | None]:
        """One source's rows in order of arrival."""
        now = self.start if start is None else start
        result: list[Row | None] = []
        for _ in range(count):
            now += self.step()
            result.append(self.row(now))
        return result

    def chance(self, share: float) -> bool:
        return self.rng.random() < share * self.dirt

    def step(self) -> int:
        if self.gaps and self.chance(0.004):
            return self.rng.randrange(self.options.max_jump // 24, self.options.max_jump // 4)
        if self.gaps and self.chance(0.002):
            return int(self.options.max_jump * self.rng.uniform(0.9, 2))
        return int(self.rng.expovariate(1 / self.mean_step))

    def row(self, now: int) -> Row | None:
        if self.chance(0.01):
            return None
        if self.made and self.chance(0.06):
            return self.again()
        row = self.good(self.moved(now))
        if self.chance(0.05):
            row |= self.rng.choice(BROKEN)
            if self.options.timezone == "Europe/Berlin" and self.rng.random() < 0.1:
                row |= {"event_ts": "2026-03-29T02:30:00"}
        elif self.chance(0.03):
            row |= {"event_type": self.rng.choice(["page_view", "cart", "PURCHASE", "?"])}
            row |= self.rng.choice(BROKEN[1:])
            row |= {"event_type": row["event_type"] if row["event_type"] not in {"", "login"} else "cart"}
            row |= {
                "event_type": "cart" if row["event_type"] in {"purchase", "refund"} else row["event_type"]
            }
        else:
            self.made.append(row)
        return row

    def moved(self, now: int) -> int:
        """The time of an event that arrives now."""
        late = self.options.bound + self.options.lateness + self.options.window
        if self.chance(0.10):
            return now - int(self.rng.random() * self.options.bound)
        if self.chance(0.05):
            return now - int(self.rng.random() * (late + 10 * MINUTE))
        if self.chance(0.01):
            return now - int(self.rng.random() * 5 * late)
        if self.chance(0.006):
            return now + int(self.options.max_jump * self.rng.uniform(0.95, 1.5))
        return now

    def again(self) -> Row:
        """A redelivery: of something recent or old, as it was or changed."""
        back = self.rng.choice([5, 50, len(self.made)])
        row = dict(self.rng.choice(self.made[-back:]))
        if self.rng.random() < 0.3:
            row |= self.rng.choice([{"latency_ms": "77"}, {"user_id": "thief"}, {"status": "odd"}])
        return row

    def good(self, at: int) -> Row:
        rng = self.rng
        kind = rng.choices(["purchase", "login", "payment_failed", "refund"], [5, 3, 2, 1])[0]
        code = rng.choices(["", self.options.currency, "EUR", "JPY", "KWD"], [12, 4, 1, 1, 1])[0]
        return {
            "event_id": "" if self.chance(0.05) else f"e{rng.getrandbits(60):x}",
            "event_ts": self.time_text(at),
            "user_id": "" if rng.random() < 0.1 else f"u{rng.randrange(self.users)}",
            "event_type": kind,
            "amount": self.amount_text(kind, code or self.options.currency),
            "currency": code,
            "status": rng.choice(["success", "fail", ""]),
            "response_code": rng.choice(["00", "51", ""]),
            "gateway_name": "" if rng.random() < 0.1 else rng.choice(self.gateways),
            "latency_ms": self.latency_text(),
            "retry_attempt": rng.choice(["", "0", "2"]),
            "note": rng.choice(["", "", "a, b", 'say "hi"', "two\nlines"]),
        }

    def amount_text(self, kind: str, code: str) -> str:
        if kind == "login" or (kind == "payment_failed" and self.rng.random() < 0.5):
            return ""
        exponent = {"JPY": 0, "KWD": 3}.get(code, 2)
        minor = self.rng.choice([self.rng.randrange(50_000), self.rng.randrange(100), 0])
        digits = f"{minor:0{exponent + 1}d}"
        cut = len(digits) - exponent
        text = digits[:cut] + (f".{digits[cut:]}" if exponent else "")
        if self.rng.random() < 0.1:
            text += "000" if exponent else ".00"
        return f"-{text}" if kind == "refund" and self.rng.random() < 0.5 else text

    def latency_text(self) -> str:
        rng = self.rng
        plain = str(rng.randrange(100, 1_600))
        odd = rng.choice(
            ["0", "12.5", "1200", "1200.5", "4095.4", str(rng.randrange(4_000, 90_000)), "4200000"]
        )
        return rng.choices([plain, odd, ""], [7, 1, 2])[0]

    def time_text(self, at: int) -> str:
        """The instant in one of many shapes; some cut it to whole seconds."""
        rng = self.rng
        zone = rng.choice(["UTC", "UTC", "Asia/Kolkata", "America/New_York", self.options.timezone])
        shape = rng.choice(SHAPES)
        local = (EPOCH + dt.timedelta(microseconds=at)).astimezone(ZoneInfo(zone))
        text = local.strftime(shape)
        if "." in text and rng.random() < 0.5:
            text = text[:-3]
        if zone == self.options.timezone and rng.random() < 0.4:
            return text
        if zone == "UTC":
            return text + "Z"
        offset = local.strftime("%z")
        return text + (f"{offset[:3]}:{offset[3:]}" if rng.random() < 0.7 else offset)


def random_options(rng: Random) -> Options:
    """Any of the combinations that a run may be told."""
    window, hop = rng.choice(
        [
            (300, 60),
            (300, 60),
            (60, 5),
            (60, 10),
            (600, 300),
            (3_600, 3_600),
            (420, 420),
            (900, 60),
            (300, 300),
        ]
    )
    bound = rng.choice([0, 10, 60, 60, 600])
    lateness = rng.choice([0, 60, 900, 900, 7_200])
    horizon = max(rng.choice([1, 1_800, 3_600]), window + lateness + bound)
    return Options(
        window=window * SECOND,
        hop=hop * SECOND,
        bound=bound * SECOND,
        lateness=lateness * SECOND,
        horizon=horizon * SECOND,
        max_jump=DAY if hop >= 60 else 60 * MINUTE,
        currency=rng.choice(["USD", "USD", "EUR", "JPY", "KWD"]),
        timezone=rng.choice(["UTC", "UTC", "Europe/Berlin", "America/New_York"]),
        max_gateways=rng.choice([64, 64, 3, 1]),
        rules=rng.choice(["contracts", "contracts", "classic"]),
    )


def random_start(rng: Random) -> int:
    """A moment of 2026, at times in the hours when Berlin or New York change their clocks."""
    base = rng.choice(
        [
            dt.datetime(2026, 3, 29, 0, 20, tzinfo=dt.UTC),
            dt.datetime(2026, 10, 25, 0, 10, tzinfo=dt.UTC),
            dt.datetime(2026, 11, 1, 5, 30, tzinfo=dt.UTC),
            dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=rng.randrange(300 * 86_400)),
        ]
    )
    return (base - EPOCH) // dt.timedelta(microseconds=1)


def random_sources(rng: Random, options: Options) -> list[list[Row | None]]:
    """One to four sources: apart, overlapping, or one after the other."""
    maker = Maker(
        rng=rng,
        options=options,
        start=random_start(rng),
        mean_step=rng.choice([1, 5, 20, 120]) * SECOND,
        dirt=rng.choice([0, 1, 1, 3]),
        gaps=rng.random() < 0.6,
        users=rng.choice([3, 40, 2_000]),
    )
    many = rng.choice([1, 1, 2, 3, 4])
    apart = rng.choice([0, 60, 3_600, 5 * 3_600]) * SECOND
    size = rng.choice([1, 20, 200, 600])
    if rng.random() < 0.3:
        maker.mean_step = 40 * MINUTE if options.hop >= 60 * SECOND else MINUTE
        size = min(size, 60)
    return [maker.rows(size, start=maker.start + place * apart) for place in range(many)]
