"""Dates: which texts pass for one, and which Unix time is sent. Cases with Segment's answers."""

import json
import math
import time
from pathlib import Path

import pytest

from sandbox.segment import dates
from sandbox.segment.date_parser import parse_date
from sandbox.segment.dates import is_date_like, milliseconds, to_unix

CASES = Path(__file__).parent.parent / "fixtures" / "cases" / "dates"
OBSERVED = [
    case
    for case in json.loads((CASES / "observed.json").read_bytes())
    if isinstance(case["value"], str | int | float) and "unix" in case["segment"]
]


@pytest.mark.parametrize("case", OBSERVED, ids=lambda case: json.dumps(case["value"]))
def test_each_date_of_the_observed_table_is_taken_and_converted_as_segment_does(case):
    value, segment = case["value"], case["segment"]

    assert to_unix(value) == segment["unix"]
    if isinstance(value, str) and value:  # an empty text is removed before it is asked for
        assert is_date_like(value) is ("problems" not in segment)


def test_the_observed_table_is_complete():
    assert len(OBSERVED) == 158


@pytest.mark.parametrize(
    ("text", "taken", "unix"),
    [
        ("2021-02-01T00:00:00.000Z", True, 1612137600),
        ("2021-02-01", True, 1612137600),
        # taken, and sent as nothing
        ("13", True, None),
        ("31", True, None),
        ("-13", True, None),
        # taken as a number of seconds, and read as year, month, day …
        ("1612137600", True, -11259302400),
        ("8640000000000", True, 210482064000),
        # not taken, though it could be read
        ("8640000000001", False, 210482064001),
        ("1612137600123456", False, -11259301646),
        # written as no number is, so taken if it can be read
        ("0001612137600", True, -2017821600),
        ("1e3", False, None),
        ("NaN", False, None),
        ("Infinity", False, None),
    ],
)
def test_taking_a_text_and_converting_it_are_two_rules(text, taken, unix):
    assert is_date_like(text) is taken
    assert to_unix(text) == unix


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-02-01T00:00:00.000Z", 1612137600000),
        ("2021-02-01T00:00:00.001Z", 1612137600001),
        ("2021-02-01T23:59:59.999Z", 1612223999999),
        ("2021-02-01T23:59:59Z", 1612223999000),
        ("2021-02-01T10:20:30Z", 1612174830000),
        ("2021-02-31T00:00:00Z", 1614729600000),
        ("0000-01-01T00:00:00Z", -62167219200000),
        ("0000-03-01T00:00:00Z", -62162035200000),
        ("9999-12-31T23:59:59.999Z", 253402300799999),
        ("2021-12-01T00:00:00Z", 1638316800000),
        ("2021-01-01T00:00:00Z", 1609459200000),
        ("2021-02-01T24:00:00Z", 1612224000000),
        ("2021-02-01T00:00:00.1Z", 1612137600100),
        ("2021-02-01T00:00:00.12345Z", 1612137600123),
    ],
)
def test_what_clients_send_is_read_to_the_millisecond(text, expected):
    assert milliseconds(text) == expected


COMMON = [
    *(f"{year}-02-01T00:00:00Z" for year in ("0000", "0199", "1970", "2021", "5555", "9999")),
    *(f"2021-{month:02}-01T00:00:00.000Z" for month in range(1, 13)),
    *(f"2021-01-{day:02}T00:00:00.000Z" for day in range(1, 32)),
    *(f"2021-02-01T{hour:02}:00:00.000Z" for hour in range(24)),
    *(f"2021-02-01T00:{minute:02}:00Z" for minute in range(60)),
    *(f"2021-02-01T00:00:{second:02}.999Z" for second in range(60)),
    *(f"2021-02-01T00:00:00.{digits}Z" for digits in ("000", "001", "123", "456", "789", "999")),
]


@pytest.mark.parametrize("text", COMMON)
def test_what_clients_send_takes_the_short_way_and_means_the_same_there(text):
    assert dates.common_time(text) == parse_date(text)


@pytest.mark.parametrize(
    "text",
    [
        "2021-00-01T00:00:00Z",
        "2021-13-01T00:00:00Z",
        "2021-02-00T00:00:00Z",
        "2021-02-32T00:00:00Z",
        "2021-02-01T24:00:01Z",
        "2021-02-01T25:00:00Z",
        "2021-02-01T00:60:00Z",
        "2021-02-01T00:00:60Z",
        "2021-02-01T00:00:00.Z",
        "2021-02-01X10:20",
        "2021-02-01T00:00:00ZZ",
        "2021-02-01T00:00:00Z\n",
    ],
)
def test_a_part_out_of_bounds_with_a_zone_makes_no_date(text):
    assert math.isnan(milliseconds(text))
    assert is_date_like(text) is False
    assert to_unix(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021", 1609459200000),
        ("0021", -1546300800000),
        ("0099-01-01", 915148800000),
        ("0100-01-01", -59011459200000),
        ("2021-2-1", 1612137600000),
        ("2021/02/01", 1612137600000),
        ("20210201T102030", 1612174830000),
        ("2021-02-01 10:20:30.5", 1612174830005),
        ("2021-02-01 10:20:30:123456", 1612174830123),
        ("2021-02-01 10:20:30.0045", 1612174830004),
        ("2021-00-00", 1606694400000),
        ("2021-13-45", 1644796800000),
        ("2021-02-01T25:61:61", 1612231321000),
        ("2021-02-01Tt \ufeff\u2028T5", 1612155600000),
        ("2021-02-01\n", 1612137600000),
        ("2021-1:30", 1609461000000),
    ],
)
def test_digits_that_start_with_a_year_are_added_up_part_by_part(text, expected):
    assert milliseconds(text) == expected
    assert is_date_like(text) is True


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1612137600, 1612137),
        (1612137600000, 1612137600),
        (1612137600123.9, 1612137600),
        (-1, -1),
        (-1.5, -1),
        (-0.5, 0),
        (-1000, -1),
        (-1001, -2),
        (0, 0),
        (8640000000000000, 8640000000000),
        (-8640000000000000, -8640000000000),
        (8640000000000001, None),
        (-8640000000000001, None),
        (1e21, None),
        (10**400, None),
        (math.inf, None),
        (math.nan, None),
    ],
)
def test_a_number_is_milliseconds_rounded_down_to_seconds(number, expected):
    unix = to_unix(number)

    assert unix == expected
    assert unix is None or type(unix) is int


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("8640000000000", True),
        ("-8640000000000", True),
        ("8640000000000.001", False),
        ("-8640000000001", False),
        ("0.000001", True),
        ("-1.7976931348623157e+308", False),
        ("-0.0000012345678901234567", True),
        ("1e-7", True),
        ("1e-07", False),
    ],
)
def test_a_number_is_taken_up_to_the_end_of_time_and_as_javascript_writes_it(text, taken):
    assert is_date_like(text) is taken


@pytest.mark.parametrize(
    "text",
    [
        "1" * 100_000,
        "0" * 100_000 + "x",
        "2021" + "0" * 100_000 + "x",
        "2021" + "T" * 50_000 + "1" * 50_000 + "-",
        "2021" + " " * 100_000 + "Z",
        "2021-02-01T00:00:00." + "1" * 100_000 + "Z",
        "(" * 100_000,
        "(a)" * 33_000,
        "a " * 50_000,
        "-" * 100_000,
        "1:" * 50_000,
        "\U0001f600 " * 50_000,
    ],
    ids=lambda text: f"{text[:6]!a}",
)
def test_a_text_of_a_hundred_thousand_characters_takes_no_long_time(text):
    started = time.perf_counter()

    is_date_like(text)
    to_unix(text)

    assert time.perf_counter() - started < 10
