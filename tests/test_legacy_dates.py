"""Legacy dates: numbers, words and signs read one by one. Expected values from Node 20."""

import math

import pytest

from sandbox.segment.date_parser import fraction_value, read_legacy

FEBRUARY_1 = 1612137600000
HOUR = 3_600_000
WHITE_SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u202f\u205f\u3000\ufeff"
)


@pytest.mark.parametrize(
    "text",
    [
        "Feb 1, 2021",
        "1 Feb 2021",
        "Feb 1 21",
        "1-Feb-21",
        "Monday the February 1 2021",
        "2/1/2021",
        "02/01/21",
        "2.1.2021",
        "2-1-2021",
        "2021 February 1",
        "2021 Feb",
        "februus-1-2021",
        "Jan Feb 1 2021",
        "Feb 2021 (the 1st (or so) of it)",
        "2021 2 1 (never closed",
        "[Feb] Feb 1, 2021",
        "Feb 1 2021 UTC+0",
        "Mon, 01 Feb 2021 00:00:00 GMT",
    ],
)
def test_the_first_of_february_2021_can_be_written(text):
    assert read_legacy(text, []) == FEBRUARY_1


@pytest.mark.parametrize(
    ("time", "hours"),
    [
        ("5:00", 5),
        ("5:00:00", 5),
        ("5:00 am", 5),
        ("5:00 pm", 17),
        ("5:00 (in the) pm", 17),
        ("12:00 am", 0),
        ("12:00 PM", 12),
        ("0:00 pm", 12),
        ("17:00", 17),
        ("24:00", 24),
        ("24:00:00.0001", 24),
        ("5:", 5),
        ("5::", 5),
        ("5::0", 5),
        ("5:.00", 5),
        ("5:00Z", 5),
        ("5:00 UTC", 5),
        ("5:00 EST", 10),
        ("5:00 PST", 13),
        ("5:00 EST+1", 4),
        ("5:00+1", 4),
        ("5:00-01", 6),
        ("5:00 -0130", 6.5),
        ("5:00 +0199", 5 - 1 - 1.65),
        # sixty is no minute and no second, so it is a third number, which no one asks for
        ("5:60", 5),
        ("5:00:60", 5),
        ("5:00 +130", 3.5),
        ("5:00 +1:30", 3.5),
        ("5:00 GMT+1", 4),
        ("5:00 Z (z)", 5),
    ],
)
def test_a_time_and_a_zone_may_follow(time, hours):
    assert read_legacy(f"Feb 1 2021 {time}", []) == FEBRUARY_1 + hours * HOUR


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("UT", 5),
        ("utc", 5),
        ("gmt", 5),
        ("z", 5),
        ("EDT", 9),
        ("EST", 10),
        ("CDT", 10),
        ("CST", 11),
        ("MDT", 11),
        ("MST", 12),
        ("PDT", 12),
        ("PST", 13),
    ],
)
def test_a_zone_can_be_named(zone, hours):
    assert read_legacy(f"Feb 1 2021 5:00 {zone}", []) == FEBRUARY_1 + hours * HOUR


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Jan", 1609459200000),
        ("feb", 1612137600000),
        ("MAR", 1614556800000),
        ("April", 1617235200000),
        ("mayor", 1619827200000),
        ("Jun_", 1622505600000),
        ("JULY", 1625097600000),
        ("Aug\u00e9", 1627776000000),
        ("Sept", 1630454400000),
        ("October", 1633046400000),
        ("novel", 1635724800000),
        ("DECEMBER", 1638316800000),
    ],
)
def test_a_month_is_told_by_the_first_three_letters_of_a_word(name, expected):
    assert read_legacy(f"1 {name} 2021", []) == expected


@pytest.mark.parametrize("word", ["ma", "mai", "utcx", "gmt_", "zz", "CET", "amx"])
def test_any_other_word_after_a_number_makes_it_no_date(word):
    assert math.isnan(read_legacy(f"Feb 1 2021 5:00 {word}", []))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Feb",
        "5:00",
        "1 2 3 4",
        "13/1/2021",
        "Feb 32 2021",
        "Feb 0 2021",
        "foo1",
        "1 foo",
        "1 T",
        "am 1 am",
        "1)",
        "1 + 2",
        "Feb 1 2021 0:00pm",
        "Feb 1 2021 13:00 pm",
        "Feb 1 2021 24:01",
        "Feb 1 2021 25:00",
        "2021 2 1 5:00:00:1000",
        "1 A",
        "A1",
        "Feb 1 2021 5:00(x)",
        "Feb 1 2021 5:00((x) y)",
        "Feb 1 2021 5:00.5.5",
        "Feb 1 2021 5:60:7",
        "Feb 1 2021 5:6:60:7",
        "Feb 1 2021 5:6:7:1000:",
        "Feb 1 2021 5:6:7 8:",
        "Feb 1 2021 5:00.x",
        "Feb 1 2021 5:6:7:8:9:",
        "Feb 1 2021 5: 6::7",
        "Feb 1 2021 5:00 +12345",
        "Feb 1 2021 5:00 + ",
        "Feb 1 2021 5:00 +",
    ],
)
def test_what_makes_no_sense_is_no_date(text):
    assert math.isnan(read_legacy(text, []))


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        ("0", 949363200000),
        ("49", 2495750400000),
        ("50", -628473600000),
        ("99", 917827200000),
        ("100", -59008780800000),
        ("275760", 8639980560000000),
        ("275761", math.nan),
    ],
)
def test_a_year_of_two_digits_lies_around_2000(year, expected):
    found = read_legacy(f"Feb 1 {year}", [])

    assert found == expected or (math.isnan(found) and math.isnan(expected))


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("+596523:", -535302000000),
        ("+596524:", math.nan),
        ("-1193047:", 1612182704000),
        ("+999999999:", 794778448000),
        ("+3579139:", math.nan),
        ("+17895697: 4", 1612180800000),
        ("+174781308: 1", -535302844000),
        ("+134217728:", math.nan),
    ],
)
def test_the_hours_of_a_zone_are_added_up_in_32_bits(zone, expected):
    found = read_legacy(f"2021 2 1 12:00 {zone}", [])

    assert found == expected or (math.isnan(found) and math.isnan(expected))


@pytest.mark.parametrize("space", WHITE_SPACE, ids=ascii)
def test_every_white_space_parts_words_and_ends_a_time(space):
    assert read_legacy(f"1{space}Feb 2021 5:00{space}", []) == FEBRUARY_1 + 5 * HOUR


@pytest.mark.parametrize("other", ["\u2028", "\u0085", "\u200b", "\u180e", "_", "\x7f"], ids=ascii)
def test_other_blanks_are_letters(other):
    assert math.isnan(read_legacy(f"1{other}Feb 2021", []))
    assert math.isnan(read_legacy(f"1 Feb 2021 5:00{other}", []))


@pytest.mark.parametrize("other", ["\x1c", "\x1f", "\x08", "\x0e", ",", "@", "?"], ids=ascii)
def test_other_signs_part_words_and_end_no_time(other):
    assert read_legacy(f"1{other}Feb 2021", []) == FEBRUARY_1
    assert math.isnan(read_legacy(f"1 Feb 2021 5:00{other}", []))


def test_a_fourth_part_of_a_time_is_milliseconds():
    assert read_legacy("Feb 1 2021 5:00:00:999", []) == FEBRUARY_1 + 5 * HOUR + 999
    assert read_legacy("Feb 1 2021 5:00:00:59.5", []) == FEBRUARY_1 + 5 * HOUR + 59


def test_numbers_read_before_count_as_read():
    assert read_legacy(" 10:20", [2021, 2, 1]) == FEBRUARY_1 + 10 * HOUR + 20 * 60_000
    assert math.isnan(read_legacy(" x", [2021, 2, 1]))
    assert math.isnan(read_legacy(" 4", [2021, 2, 1]))


def test_of_a_number_nine_digits_count_and_zeros_in_front_do_not():
    assert read_legacy("Feb 0000000000001 2021", []) == FEBRUARY_1
    assert math.isnan(read_legacy("Feb 1 2021000000", []))


@pytest.mark.parametrize(
    ("digits", "milliseconds"),
    [
        ("0", 0),
        ("5", 500),
        ("05", 50),
        ("50", 500),
        ("005", 5),
        ("500", 500),
        ("1234", 123),
        ("0012", 1),
        ("123456789", 123),
        ("1234567891", 123),
        # beyond nine digits the zeros in front are forgotten
        ("0123456789", 123),
        ("00123456789012", 123),
        ("0000000001234", 0),
    ],
)
def test_three_digits_behind_the_point_are_milliseconds(digits, milliseconds):
    assert fraction_value(digits) == milliseconds
