"""Times: which of them are surely wrong, and what is said of them."""

import pytest

from sandbox.suspicions import odd_source, odd_time, time_text


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        pytest.param(1612137600, None, id="2021"),
        pytest.param(315532800, None, id="1980"),
        pytest.param(4102444799, None, id="the end of 2099"),
        pytest.param("1612137600", None, id="a text is another rule's"),
        pytest.param(True, None, id="a boolean too"),
        pytest.param(None, "null-time", id="null"),
        pytest.param(1612137, "seconds-for-milliseconds", id="seconds taken for milliseconds"),
        pytest.param(0, "seconds-for-milliseconds", id="zero"),
        pytest.param(-11259302400, "digits-as-date", id="1613"),
        pytest.param(1612137600000, "time-too-late", id="milliseconds"),
        pytest.param(4102444800, "time-too-late", id="2100"),
    ],
)
def test_a_sent_time_is_judged(seconds, code):
    oddity = odd_time(seconds)

    assert (oddity.code if oddity else None) == code


@pytest.mark.parametrize(
    ("value", "code"),
    [
        pytest.param("2021-02-01T00:00:00Z", None, id="a plain time"),
        pytest.param("2021-02-28", None, id="a plain day"),
        pytest.param("2024-02-29", None, id="a leap day"),
        pytest.param("2021", None, id="a year"),
        pytest.param("20210201", None, id="a day in digits"),
        pytest.param("2021-02-01T00:00:00-08:00", None, id="midnight in the west is the same day"),
        pytest.param("2021-02-01T10:30:00+05:30", None, id="a time of day in a zone"),
        pytest.param(1612137600000, None, id="milliseconds"),
        pytest.param("1612137600", "digits-as-date", id="seconds in digits"),
        pytest.param("1612137600000", "digits-as-date", id="milliseconds in digits"),
        pytest.param("13", "digits-as-date", id="a short number"),
        pytest.param(1612137600, "seconds-for-milliseconds", id="seconds"),
        pytest.param("2021-02-30", "rolled-over-day", id="February 30"),
        pytest.param("2021-02-30T00:00:00Z", "rolled-over-day", id="with a time"),
        pytest.param("2021-13-01", "rolled-over-day", id="month 13"),
        pytest.param("2021-02-01T00:00:00+05:30", "moved-by-zone", id="midnight in the east"),
        pytest.param({"at": 1}, None, id="an object"),
    ],
)
def test_what_a_time_is_made_of_is_judged(value, code):
    oddity = odd_source(value)

    assert (oddity.code if oddity else None) == code


def test_the_sentence_says_what_it_becomes_and_what_would_be_right():
    assert odd_source("1612137600").message == (
        'is the string "1612137600": Segment reads digits in a string as year, month and day, so '
        "it becomes 1613-03-17T00:00:00Z. Give the number of milliseconds, without quotes."
    )
    assert odd_source("13").message.count("it becomes nothing") == 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (-1.5, "1969-12-31T23:59:58Z"),
        (-59011459200, "0100-01-01T00:00:00Z"),
        (8640000000000, "8640000000000 seconds since 1970"),
    ],
)
def test_a_moment_is_written_as_people_read_it(seconds, text):
    assert time_text(seconds) == text
