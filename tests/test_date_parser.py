"""Date parser: what JavaScript's own `Date` reads, asked directly. Expected values from Node 20."""

import math

import pytest

from sandbox.segment.date_parser import parse_date
from sandbox.segment.time_value import time_value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021", 1609459200000),
        ("2021-02", 1612137600000),
        ("2021-02-01", 1612137600000),
        ("0021-02-01", -61501766400000),
        ("+002021-02-01", 1612137600000),
        ("-000001-01-01", -62198755200000),
        ("-271821-04-20", -8640000000000000),
        ("+275760-09-13T00:00:00Z", 8640000000000000),
        ("2021-02-30", 1614643200000),
        ("2021-02-01T10:20", 1612174800000),
        ("2021-02-01T10:20:30.5z", 1612174830500),
        ("2021-02-01t10:20:30Z", 1612174830000),
        ("2021T10:20Z", 1609496400000),
        ("2021-02T10:20Z", 1612174800000),
        ("2021-02-01T24:00:00.000Z", 1612224000000),
        ("2021-02-01T10:20:30+01:30", 1612169430000),
        ("2021-02-01T10:20:30+0130", 1612169430000),
        ("2021-02-01T10:20:30-23:59", 1612261170000),
        ("2021-02-01\0 whatever", 1612137600000),
    ],
)
def test_an_iso_date_is_read_in_utc(text, expected):
    assert parse_date(text) == expected


@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize("day", [1, 5, 9, 10, 19, 20, 25, 29, 30, 31])
def test_every_month_and_day_may_stand_before_a_time(month, day):
    date = f"2021-{month:02}-{day:02}"

    assert parse_date(f"{date}T00:00:00.000Z") == time_value(2021, month, day, 0)
    assert parse_date(f"2021-{month:02}T00:00:00.000Z") == time_value(2021, month, 1, 0)


@pytest.mark.parametrize("minute", [0, 9, 10, 29, 30, 49, 50, 59])
@pytest.mark.parametrize("hour", [0, 1, 9, 10, 15, 19, 20, 21, 22, 23])
def test_every_hour_and_minute_may_stand_in_a_time_and_in_its_zone(hour, minute):
    time = f"{hour:02}:{minute:02}"
    milliseconds = (hour * 60 + minute) * 60_000

    assert parse_date(f"2021-02-01T{time}Z") == 1612137600000 + milliseconds
    assert parse_date(f"2021-02-01T00:00:{minute:02}Z") == 1612137600000 + minute * 1000
    assert parse_date(f"2021-02-01T00:00+{time}") == 1612137600000 - milliseconds
    assert parse_date(f"2021-02-01T00:00-{time}") == 1612137600000 + milliseconds


@pytest.mark.parametrize(
    "text",
    [
        "2021-02-01T",
        "2021-02-01T10",
        "2021-02-01T1:20",
        "2021-02-01T10:20:",
        "2021-02-01T10:60",
        "2021-02-01T10:20:60",
        "2021-02-01T10:20:30.",
        "2021-02-01T24:00:00.001",
        "2021-02-01T24:00:01",
        "2021-02-01T24:01",
        "2021-02-01T25:00",
        "2021-02-01T10:20 Z",
        "2021-02-01T10:20+1:00",
        "2021-02-01T10:20+24:00",
        "2021-02-01T10:20+10:60",
        "2021-02-01T10:20+010",
        "2021-02-01T10:20ZZ",
        "+275760-09-13T00:00:00.001Z",
        "+275760-09-14",
        "-271821-04-19",
    ],
)
def test_after_an_iso_date_a_time_must_fit_to_the_end(text):
    assert math.isnan(parse_date(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # a dash is taken with the number it announced, or is gone without it
        ("2021-", 1609459200000),
        ("0000-", 946684800000),
        ("0021-", math.nan),
        ("2021-T10:20Z", math.nan),
        ("2021-1-2", 1609545600000),
        ("2021-02-1", 1612137600000),
        ("2021-02-01 10:20", 1612174800000),
        ("2021-02-01-10", math.nan),
        ("0021-02-01 ", math.nan),
        # nor is a number of more than two digits a month or a day
        ("2021-0201", math.nan),
        ("2021-0212", math.nan),
        ("2021-0219", math.nan),
        ("2021-02-012", 1613088000000),
        ("2021-02-019", 1613692800000),
        ("2021-02-010", 1612915200000),
        ("2021-02-00", math.nan),
        ("2021-02-32", math.nan),
        ("2021-00-01", math.nan),
        ("2021-13-01", math.nan),
        # no year of four or six digits
        ("20210", 575598787200000),
        ("+02021-02-01", 1612137600000),
        # the year minus zero is none, and is gone
        ("-000000-01-01", 978307200000),
        ("-000000", math.nan),
        # a word that only starts with T starts no time
        ("2021-02-01Tx", math.nan),
        ("2021-02-01T\u00a010:20", math.nan),
    ],
)
def test_where_a_text_stops_to_be_an_iso_date_the_rest_is_read_word_by_word(text, expected):
    found = parse_date(text)

    assert found == expected or (math.isnan(found) and math.isnan(expected))
