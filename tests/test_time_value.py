"""Time values: days counted in integers, and where JavaScript's time ends."""

import datetime as dt
import math

import pytest

from sandbox.segment.time_value import clipped, days_since_1970, time_value


def test_every_day_of_the_calendar_has_the_number_the_standard_library_gives():
    first = dt.date(1970, 1, 1).toordinal()
    days = [dt.date.fromordinal(n) for n in range(1, 800_000, 13)]

    assert [days_since_1970(d.year, d.month, d.day) for d in days] == [
        d.toordinal() - first for d in days
    ]


@pytest.mark.parametrize(
    ("date", "days"),
    [
        ((1970, 1, 1), 0),
        ((1970, 1, 0), -1),
        ((1970, 0, 1), -31),
        ((1970, 13, 1), 365),
        ((1970, 99, 1), 2981),
        ((1970, 1, 99), 98),
        ((2000, 2, 29), 11016),
        ((2100, 2, 29), 47541),
        ((2100, 3, 1), 47541),
        ((0, 1, 1), -719528),
        ((0, 2, 29), -719469),
        ((0, 3, 1), -719468),
        ((-1, 12, 31), -719529),
        ((-4, 2, 29), -720930),
        ((275760, 9, 13), 100_000_000),
        ((-271821, 4, 20), -100_000_000),
    ],
)
def test_a_month_or_a_day_beyond_its_bounds_counts_on(date, days):
    assert days_since_1970(*date) == days


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((2021, 2, 1, 5), 1612137600005),
        ((275760, 9, 13, 0), 8640000000000000),
        ((-271821, 4, 20, 0), -8640000000000000),
    ],
)
def test_a_time_value_is_the_days_and_the_milliseconds_in_them(parts, expected):
    assert time_value(*parts) == expected


@pytest.mark.parametrize(
    "parts",
    [
        (275760, 9, 13, 1),
        (-271821, 4, 20, -1),
    ],
)
def test_beyond_the_end_of_time_there_is_none(parts):
    assert math.isnan(time_value(*parts))


def test_a_clipped_time_has_no_fraction():
    assert [clipped(1.9), clipped(-1.9), clipped(-0.5), clipped(8.64e15)] == [1, -1, 0, 8.64e15]
    assert math.isnan(clipped(8_640_000_000_000_001))
    assert math.isnan(clipped(math.nan))
