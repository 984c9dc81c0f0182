"""The simulator's events: the same whatever the cut, and distributed as the profiles promise."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from revtui.adapters.sources.simulator import SimulatorSpec, generate
from revtui.core.events import RAW_COLUMNS
from revtui.core.times import parse_instant

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = parse_instant("2026-03-04T09:00Z", now=0)
ROUGH = "sim:?rate=10&duplicates=0.02&disorder=10s&late=0.02&seed=7"


def events(address: str, start: int = START, duration: int = HOUR, rows: int = 100_000) -> pl.DataFrame:
    frames = generate(SimulatorSpec.parse(address), start=start, duration=duration, frame_rows=rows)
    return pl.concat(list(frames))


def attempts(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("event_type").is_in(["purchase", "payment_failed"]))


def failed(frame: pl.DataFrame) -> float:
    share: float = attempts(frame).select((pl.col("event_type") == "payment_failed").mean()).item()
    return share


@pytest.fixture(scope="module")
def day() -> pl.DataFrame:
    return events("sim:?rate=5&duplicates=0&disorder=0s", duration=DAY)


def test_equal_specifications_give_equal_events() -> None:
    assert_frame_equal(events(ROUGH), events(ROUGH))


def test_another_seed_gives_other_events() -> None:
    one, other = events("sim:?seed=1"), events("sim:?seed=2")
    assert one["event_ts"].to_list() != other["event_ts"].to_list()
    assert not set(one["event_id"]) & set(other["event_id"])


@settings(max_examples=10)
@given(rows=st.integers(50, 5000), minutes=st.integers(1, 90))
def test_the_cut_into_frames_and_the_end_change_no_row(rows: int, minutes: int) -> None:
    whole = events(ROUGH, duration=90 * MINUTE)
    part = events(ROUGH, duration=minutes * MINUTE, rows=rows)
    assert_frame_equal(part, whole.head(part.height))


@settings(max_examples=8)
@given(later=st.integers(0, 35 * 60), rate=st.sampled_from(["2", "10", "150"]))
def test_a_later_start_gives_the_rows_since(later: int, rate: str) -> None:
    # absolute times, so that the incident stays where it is
    address = f"sim:?rate={rate}&late=0.01&scenario=outage:adyen@2026-03-04T09:15Z+20m"
    since = START + later * SECOND
    end = START + 40 * MINUTE
    whole = events(address, duration=end - START)
    part = events(address, start=since, duration=end - since)
    assert_frame_equal(part, whole.filter(pl.col("event_ts").dt.epoch("us") >= since))


def test_a_stream_that_begins_with_a_block_has_the_retries_of_what_failed_before() -> None:
    address = "sim:?rate=50&duplicates=0&disorder=0s&scenario=all_down@2026-03-04T08:50Z+20m"
    whole = events(address, start=START - 5 * MINUTE, duration=6 * MINUTE)
    part = events(address, duration=MINUTE)
    assert part.filter(pl.col("retry_attempt") > 0).height > 100
    assert_frame_equal(part, whole.filter(pl.col("event_ts").dt.epoch("us") >= START))


def test_the_end_is_exclusive_to_the_microsecond() -> None:
    at = events("sim:?rate=50&disorder=0s&duplicates=0", duration=MINUTE)["event_ts"].dt.epoch("us")
    last = int(at[-1])
    assert events("sim:?rate=50&disorder=0s&duplicates=0", duration=last - START).height < at.len()
    assert events("sim:?rate=50&disorder=0s&duplicates=0", duration=last - START + 1).height == at.len()


def test_a_span_a_year_away_is_made_without_what_lies_between() -> None:
    far = events("sim:?rate=1", start=START + 365 * DAY, duration=MINUTE)
    assert far["event_ts"].min() is not None
    assert 20 < far.height < 200


def test_the_columns_are_those_of_the_contract_in_order(day: pl.DataFrame) -> None:
    assert tuple(day.columns) == RAW_COLUMNS
    assert day.schema["event_ts"] == pl.Datetime("us", "UTC")
    assert day.schema["amount"] == pl.Decimal(38, 2)
    assert day["event_id"].n_unique() == day.height


def test_the_mean_rate_is_the_rate_asked_for() -> None:
    week = events("sim:?rate=0.5&noise=0&duplicates=0", duration=7 * DAY)
    assert week.height == pytest.approx(0.5 * 7 * 86_400, rel=0.02)


def test_nights_are_quiet_and_evenings_busy(day: pl.DataFrame) -> None:
    by_hour = dict(day.group_by(pl.col("event_ts").dt.hour()).len().iter_rows())
    assert by_hour[4] < 0.25 * by_hour[20]
    flat = events("sim:?rate=5&profile=original", duration=DAY)
    by_hour = dict(flat.group_by(pl.col("event_ts").dt.hour()).len().iter_rows())
    assert max(by_hour.values()) < 1.05 * min(by_hour.values())


@pytest.mark.slow
def test_weekends_have_a_shape_of_their_own() -> None:
    friday = events("sim:?rate=5&noise=0", start=START + 2 * DAY - 9 * HOUR, duration=DAY)
    weekend = [events("sim:?rate=5&noise=0", start=START + k * DAY - 9 * HOUR, duration=DAY) for k in (3, 4)]

    def share(frame: pl.DataFrame, hour: int) -> float:
        part: float = frame.select((pl.col("event_ts").dt.hour() == hour).mean()).item()
        return part

    for day in weekend:
        assert share(day, 7) < 0.8 * share(friday, 7)
        assert share(day, 1) > 1.2 * share(friday, 1)


def test_the_level_wanders_and_noise_scales_it() -> None:
    def ratios(noise: str) -> list[float]:
        address = f"sim:?rate=3&noise={noise}"
        quiet = [events("sim:?rate=3&noise=0", start=START + k * DAY).height for k in range(7)]
        return [events(address, start=START + k * DAY).height / quiet[k] for k in range(7)]

    def spread(values: list[float]) -> float:
        return max(values) - min(values)

    assert spread(ratios("3")) > spread(ratios("1")) > 0.02


def test_the_realistic_mix_and_fail_rates(day: pl.DataFrame) -> None:
    shares = dict(day.group_by("event_type").agg(pl.len() / day.height).iter_rows())
    assert shares["login"] == pytest.approx(0.60, abs=0.01)
    assert shares["refund"] == pytest.approx(0.004, abs=0.001)
    rates = {
        name: failed(day.filter(pl.col("gateway_name") == name))
        for name in ("stripe", "adyen", "paypal", "braintree")
    }
    assert rates == pytest.approx(
        {"stripe": 0.05, "adyen": 0.06, "paypal": 0.08, "braintree": 0.07}, abs=0.008
    )
    share = dict(attempts(day).group_by("gateway_name").agg(pl.len() / attempts(day).height).iter_rows())
    assert share == pytest.approx({"stripe": 0.4, "adyen": 0.25, "paypal": 0.2, "braintree": 0.15}, abs=0.01)


def test_realistic_latencies_keep_the_usual_contract(day: pl.DataFrame) -> None:
    medians = dict(attempts(day).group_by("gateway_name").agg(pl.col("latency_ms").median()).iter_rows())
    assert medians == pytest.approx({"stripe": 320, "adyen": 360, "paypal": 450, "braintree": 400}, rel=0.03)
    assert attempts(day)["latency_ms"].quantile(0.95) < 1000  # type: ignore[operator]  # never null here
    logins = day.filter(pl.col("event_type") == "login")
    assert logins["latency_ms"].null_count() == logins["gateway_name"].null_count() == logins.height


def test_amounts_are_exact_positive_and_lognormal(day: pl.DataFrame) -> None:
    amounts = attempts(day)["amount"]
    assert amounts.min() >= Decimal("0.01")  # type: ignore[operator]  # never null here
    assert float(amounts.mean()) == pytest.approx(40, rel=0.02)  # type: ignore[arg-type]  # see above
    assert float(amounts.median()) == pytest.approx(40 / 2.718281828 ** (0.75**2 / 2), rel=0.02)  # type: ignore[arg-type]  # see above


def test_a_failed_payment_is_often_tried_again_by_the_same_user(day: pl.DataFrame) -> None:
    # the first minute retries what failed before the stream began
    begun = pl.col("event_ts").dt.epoch("us") >= START + MINUTE
    retries = day.filter(begun & (pl.col("retry_attempt") == 1))
    failures = day.filter((pl.col("event_type") == "payment_failed") & (pl.col("retry_attempt") == 0))
    assert retries.height / failures.height == pytest.approx(0.35, abs=0.03)
    pairs = retries.join(failures, on=["user_id", "amount", "gateway_name"], suffix="_first")
    waits = pairs.select((pl.col("event_ts") - pl.col("event_ts_first")).dt.total_milliseconds()).to_series()
    assert pairs.height == retries.height
    assert waits.is_between(2000, 40_000).all()


def test_active_users_are_many_events_of_fewer_people() -> None:
    half_hour = events("sim:?rate=20", duration=30 * MINUTE)
    users = half_hour["user_id"].n_unique()
    assert 2 < half_hour.height / users < 6


def test_decline_codes_differ_by_gateway(day: pl.DataFrame) -> None:
    failures = day.filter(pl.col("event_type") == "payment_failed")
    assert set(failures["status"]) == {"fail"}
    share = {
        name: failures.filter(pl.col("gateway_name") == name)
        .select((pl.col("response_code") == "insufficient_funds").mean())
        .item()
        for name in ("adyen", "paypal")
    }
    assert share["paypal"] > share["adyen"] + 0.1
    assert not failures["response_code"].is_in(["approved", "gateway_error"]).any()


def test_the_original_profile_reproduces_the_original_generator() -> None:
    frame = events("sim:?rate=10&profile=original", duration=3 * HOUR)
    shares = dict(frame.group_by("event_type").agg(pl.len() / frame.height).iter_rows())
    assert shares == pytest.approx({"login": 0.6, "purchase": 0.3, "payment_failed": 0.1}, abs=0.01)
    latency = frame["latency_ms"]
    assert latency.null_count() == 0
    assert (latency.min(), latency.max()) == (150, 1600)
    assert latency.quantile(0.95) == pytest.approx(1527, abs=10)
    assert frame["event_id"].n_unique() == frame.height
    assert frame["event_ts"].is_sorted()


def test_redeliveries_repeat_the_row_and_come_later() -> None:
    frame = events("sim:?rate=20&duplicates=0.05&disorder=0s")
    rows = frame.with_row_index()
    again = rows.filter(pl.col("event_id").is_duplicated()).sort("event_id", "index")
    assert again.height / 2 / frame["event_id"].n_unique() == pytest.approx(0.05, abs=0.005)
    first, second = again.gather_every(2), again.gather_every(2, 1)
    assert_frame_equal(first.drop("index"), second.drop("index"))
    assert (second["index"] > first["index"]).all()


def test_disorder_is_bounded() -> None:
    def furthest(address: str) -> float:
        frame = events(address)
        behind = frame["event_ts"].cum_max() - frame["event_ts"]
        return behind.max().total_seconds()  # type: ignore[union-attr]  # never null here

    assert furthest("sim:?duplicates=0&disorder=0s") == 0
    assert 8 < furthest("sim:?duplicates=0&disorder=10s") <= 10


def test_late_events_come_two_to_forty_minutes_late() -> None:
    frame = events("sim:?duplicates=0&disorder=0s&late=0.01", duration=4 * HOUR)
    behind = (frame["event_ts"].cum_max() - frame["event_ts"]).dt.total_seconds()
    late = behind.filter(behind > 100)
    assert late.len() / frame.height == pytest.approx(0.01, abs=0.002)
    assert late.max() > 38 * 60  # type: ignore[operator]  # never null here
    assert late.max() <= 40 * 60  # type: ignore[operator]  # see above


@pytest.mark.parametrize(("currency", "decimals"), [("JPY", 0), ("USD", 2), ("KWD", 3)])
def test_amounts_have_the_decimals_of_their_currency(currency: str, decimals: int) -> None:
    frame = events(f"sim:?rate=5&currency={currency}", duration=5 * MINUTE)
    assert frame.schema["amount"] == pl.Decimal(38, decimals)
    assert set(frame["currency"]) == {currency}
    mean = float(attempts(frame)["amount"].mean())  # type: ignore[arg-type]  # never null here
    assert mean * 10**decimals == pytest.approx(4000, rel=0.2)
