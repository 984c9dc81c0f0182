"""Times: ISO 8601 by the row and by the column, what people type, and what they are shown."""

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revtui.core.errors import UsageError
from revtui.core.iso import read_iso, read_iso_times
from revtui.core.times import EARLIEST, LATEST, format_instant, format_instants, parse_instant

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
US = timedelta(microseconds=1)
NINE_FIVE = 1_772_701_500_000_000  # 2026-03-05T09:05:00Z
HOUR = 3_600_000_000
INSTANTS = st.integers(-62_135_500_000_000_000, 253_402_200_000_000_000)  # years 1 to 9999
OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@st.composite
def timestamps(draw: st.DrawFn) -> str:
    """Something near a timestamp: mostly right, sometimes with one character changed."""
    pad = draw(st.sampled_from(["{:02}", "{:02}", "{:02}", "{}"]))
    date = f"{draw(st.sampled_from([0, 1, 1900, 1970, 2000, 2024, 2026, 9999])):04}"
    date += "".join("-" + pad.format(draw(st.integers(0, 32 if part else 13))) for part in range(2))
    clock = ":".join(
        f"{draw(st.integers(0, 24 if not part else 61)):02}" for part in range(draw(st.integers(2, 3)))
    )
    fraction = draw(st.sampled_from(["", "", ".", ",", ".5", ",123", ".123456", ".123456789", ".1234567890"]))
    zone = draw(
        st.sampled_from(["", "Z", "z", " UTC", "+01", "+0130", "+01:30", "-23:59", "+24:00", "+01:60", " Z"])
    )
    text = f"{date}{draw(st.sampled_from('TT t_'))}{clock}{fraction}{zone}"
    if draw(st.booleans()):
        return text
    place = draw(st.integers(0, len(text) - 1))
    return text[:place] + draw(st.sampled_from("0:9-+.TZ٣é/;\0 ")) + text[place + 1 :]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-05T09:05:00Z", "2026-03-05T09:05:00Z"),
        ("2026-03-05 09:05:00Z", "2026-03-05T09:05:00Z"),
        ("2026-03-05t09:05:00z", "2026-03-05T09:05:00Z"),
        ("2026-03-05T09:05Z", "2026-03-05T09:05:00Z"),
        ("2026-03-05T10:05:00+01:00", "2026-03-05T09:05:00Z"),
        ("2026-03-05T10:05:00+0100", "2026-03-05T09:05:00Z"),
        ("2026-03-05T10:05:00+01", "2026-03-05T09:05:00Z"),
        ("2026-03-05T03:35:00-05:30", "2026-03-05T09:05:00Z"),
        ("2026-03-05 09:05:00 UTC", "2026-03-05T09:05:00Z"),
        ("2026-03-05 10:05:00 +0100", "2026-03-05T09:05:00Z"),
        ("2026-03-05T09:05:00.5Z", "2026-03-05T09:05:00.5Z"),
        ("2026-03-05T09:05:00,25Z", "2026-03-05T09:05:00.25Z"),
        ("2026-03-05T09:05:00.123456789Z", "2026-03-05T09:05:00.123456Z"),
        ("2026-03-05T09:05:00.999999999Z", "2026-03-05T09:05:00.999999Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ("1960-02-29T00:00:00Z", "1960-02-29T00:00:00Z"),
        ("0001-01-01T00:00:00+01:00", None),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_iso_times_are_read_in_all_their_spellings(text: str, utc: str | None) -> None:
    found = read_iso(text)
    assert found is not None
    assert found[1]
    if utc is not None:
        assert format_instant(found[0]) == utc


@pytest.mark.parametrize(
    ("text", "us"), [("1970-01-02", 24 * HOUR), ("1970-01-01 01:00", HOUR), ("1970-01-01T00:00:01", 10**6)]
)
def test_times_without_a_zone_are_local(text: str, us: int) -> None:
    assert read_iso(text) == (us, False)


@pytest.mark.fault("F61")
@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999Z"),
        ("2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.999Z"),
        ("2017-01-01T00:59:60+01:00", "2016-12-31T23:59:59.999Z"),
        ("2017-01-01T05:29:60+05:30", "2016-12-31T23:59:59.999Z"),
        ("2016-12-31T12:00:60Z", None),
        ("2016-12-31T23:59:61Z", None),
    ],
)
def test_a_leap_second_is_the_end_of_the_second_before(text: str, utc: str | None) -> None:
    found = read_iso(text)
    assert (None if found is None else format_instant(found[0])) == utc
    column = read_iso_times(pl.Series([text]))
    assert (column.us[0] if column.readable[0] else None) == (None if found is None else found[0])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "noon",
        "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-1-1T00:00:00Z",
        "20260305T090500Z",
        "2026-03-05T09:05:00.Z",
        "2026-03-05T09:05:00.1234567890Z",
        "2026-03-05T09:05:00+24:00",
        "2026-03-05T09:05:00+01:60",
        "2026-03-05T09:05:00+1",
        "2026-03-05Z",
        "05/03/2026 09:05",
        "2026-03-05T09:05:00Zjunk",
        "２026-03-05T09:05:00Z",
        "1772701500",
    ],
)
def test_what_is_no_iso_time_is_not_guessed(text: str) -> None:
    assert read_iso(text) is None
    assert not read_iso_times(pl.Series([text])).readable[0]


@given(st.lists(st.none() | timestamps(), min_size=1, max_size=12))
def test_a_column_of_times_is_read_like_each_of_them(texts: list[str | None]) -> None:
    column = read_iso_times(pl.Series(texts, dtype=pl.String))
    for row, text in enumerate(texts):
        alone = None if text is None else read_iso(text)
        found = (int(column.us[row]), bool(column.zoned[row])) if column.readable[row] else None
        assert found == alone, text


@given(INSTANTS, OFFSETS, st.sampled_from(["T", " "]), st.sampled_from(["auto", "microseconds"]))
def test_what_the_standard_library_writes_is_read(us: int, zone: timezone, separator: str, spec: str) -> None:
    text = (EPOCH + us * US).astimezone(zone).isoformat(separator, spec)
    assert read_iso(text) == (us, True)
    column = read_iso_times(pl.Series([text]))
    assert (int(column.us[0]), column.zoned[0]) == (us, True)


@given(st.lists(st.none() | INSTANTS, max_size=10))
def test_instants_are_written_alike_by_the_row_and_by_the_column(instants: list[int | None]) -> None:
    frame = pl.DataFrame({"us": instants}, schema={"us": pl.Int64})
    texts = [None if us is None else format_instant(us) for us in instants]
    assert frame.select(format_instants(pl.col("us")))["us"].to_list() == texts
    assert [None if text is None else parse_instant(text, now=0) for text in texts] == instants


def test_the_limits_of_event_time_are_the_years_2000_and_2100() -> None:
    assert (format_instant(EARLIEST), format_instant(LATEST)) == (
        "2000-01-01T00:00:00Z",
        "2100-01-01T00:00:00Z",
    )


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("now", NINE_FIVE),
        ("-2h", NINE_FIVE - 2 * HOUR),
        ("+30m", NINE_FIVE + HOUR // 2),
        (" 2026-03-05T09:05:00Z ", NINE_FIVE),
        ("2026-03-05T10:05", NINE_FIVE),
        ("2026-03-05T10:05:00+01:00", NINE_FIVE),
    ],
)
def test_a_person_may_write_times_relative_to_now(text: str, us: int) -> None:
    assert parse_instant(text, now=NINE_FIVE, zone="Europe/Berlin") == us


@pytest.mark.fault("F59")
def test_a_repeated_local_time_is_the_earlier_and_a_skipped_one_is_refused() -> None:
    fold = parse_instant("2026-10-25T02:30:00", now=0, zone="Europe/Berlin")
    assert format_instant(fold) == "2026-10-25T00:30:00Z"
    with pytest.raises(UsageError, match="does not exist in Europe/Berlin"):
        parse_instant("2026-03-29T02:30:00", now=0, zone="Europe/Berlin")


@pytest.mark.parametrize("text", ["", "yesterday", "-", "-2", "2026-13-01"])
def test_a_time_that_is_none_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_instant(text, now=0)
    assert caught.value.hint


@pytest.mark.parametrize("zone", ["Nowhere/Land", "../etc/passwd", "", "\0"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(UsageError, match="unknown time zone"):
        parse_instant("2026-03-05", now=0, zone=zone)
