"""Clock correction: receivedAt - (sentAt - originalTimestamp), in ISO 8601."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.segment.clock_correction import corrected_times, iso_text, read_time

RECEIVED_AT = 1_700_000_000_000  # 2023-11-14T22:13:20.000Z
RECEIVED = "2023-11-14T22:13:20.000Z"


def times(**message):
    return corrected_times(message, received_at=RECEIVED_AT)[0]


def test_a_client_whose_clock_is_an_hour_ahead_is_corrected():
    assert times(timestamp="2023-11-14T23:13:10.000Z", sentAt="2023-11-14T23:13:19.500Z") == {
        "timestamp": "2023-11-14T22:13:10.500Z",
        "originalTimestamp": "2023-11-14T23:13:10.000Z",
        "receivedAt": RECEIVED,
    }


def test_without_sent_at_nothing_is_corrected_but_the_form():
    assert times(timestamp="2024-01-02T03:04:05+05:30") == {
        "timestamp": "2024-01-01T21:34:05.000Z",
        "originalTimestamp": "2024-01-02T03:04:05+05:30",
        "receivedAt": RECEIVED,
    }


def test_without_any_time_it_is_the_servers():
    assert times() == {"timestamp": RECEIVED, "receivedAt": RECEIVED}
    assert times(timestamp=None, sentAt="2020-01-01T00:00:00.000Z") == times()
    assert times(timestamp="") == times()


def test_an_original_timestamp_alone_is_taken_as_rudderstacks_node_client_sends_it():
    assert times(originalTimestamp="2023-11-14T22:00:00.000Z") == {
        "timestamp": "2023-11-14T22:00:00.000Z",
        "originalTimestamp": "2023-11-14T22:00:00.000Z",
        "receivedAt": RECEIVED,
    }


def test_timestamp_goes_before_original_timestamp():
    both = times(timestamp="2023-11-14T22:00:00.000Z", originalTimestamp="2023-11-14T21:00:00.000Z")

    assert both["originalTimestamp"] == "2023-11-14T22:00:00.000Z"


def test_pythons_microseconds_are_cut_to_milliseconds():
    corrected = times(
        timestamp="2023-11-14T22:13:18.502999+00:00", sentAt="2023-11-14T22:13:19.002797+00:00"
    )

    assert corrected["timestamp"] == "2023-11-14T22:13:19.500Z"


@pytest.mark.parametrize(
    "told", ["yesterday", 1_700_000_000, "1700000000", "02/01/2024", {"a": 1}, "2024-02-01X", True]
)
def test_what_is_no_iso_date_is_the_servers_time_with_a_remark(told):
    corrected, remark = corrected_times(
        {"timestamp": told, "sentAt": RECEIVED}, received_at=RECEIVED_AT
    )

    assert corrected["timestamp"] == RECEIVED
    assert corrected["originalTimestamp"] == told
    assert remark == f"timestamp {told!r} is not an ISO 8601 date, so the server's time is used."


def test_a_sent_at_that_is_no_date_corrects_nothing():
    assert times(timestamp="2023-11-14T22:00:00Z", sentAt="now")["timestamp"] == (
        "2023-11-14T22:00:00.000Z"
    )


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("1970-01-01T00:00:00.000Z", 0),
        ("2024-02-29T12:00:00.001Z", 1_709_208_000_001),
        ("2000-02-29", 951_782_400_000),
        ("1969-12-31T23:59:59.999Z", -1),
        ("0000-01-01T00:00:00.000Z", -62_167_219_200_000),
    ],
)
def test_iso_texts_are_read(text, time):
    assert read_time(text) == time


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1_709_208_000_001, "2024-02-29T12:00:00.001Z"),
        (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
        (-62_198_755_200_000, "-000001-01-01T00:00:00.000Z"),
        (253_402_300_800_000, "+010000-01-01T00:00:00.000Z"),
        (8_640_000_000_000_000, "+275760-09-13T00:00:00.000Z"),
        (-8_640_000_000_000_000, "-271821-04-20T00:00:00.000Z"),
    ],
)
def test_times_are_written_as_javascript_writes_them(time, text):
    assert iso_text(time) == text


@given(time=st.integers(-62_167_219_200_000, 253_402_300_799_999))
def test_a_time_of_the_years_0_to_9999_comes_back_from_its_text(time):
    assert read_time(iso_text(time)) == time


@given(
    happened=st.integers(1_000_000_000_000, 2_000_000_000_000),
    delay=st.integers(0, 10_000_000),
    skew=st.integers(-100_000_000_000, 100_000_000_000),
)
def test_the_error_of_a_clients_clock_does_not_matter(happened, delay, skew):
    message = {"timestamp": iso_text(happened + skew), "sentAt": iso_text(happened + delay + skew)}

    corrected, remark = corrected_times(message, received_at=happened + delay)

    assert corrected["timestamp"] == iso_text(happened)
    assert (remark != "") == (abs(skew) > 60_000)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("20210201T000000Z", "2021-02-01T00:00:00.000Z"),
        ("20210201T0530+0530", "2021-02-01T00:00:00.000Z"),
        ("20210201", "2021-02-01T00:00:00.000Z"),
        ("2021-02-01T00:00:00,250Z", "2021-02-01T00:00:00.250Z"),
    ],
)
def test_other_forms_of_iso_8601_are_times_as_well(text, same):
    assert iso_text(read_time(text)) == same
