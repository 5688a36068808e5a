"""Fault reading: faults out of JSON, out of the header, and a whole bad day."""

import pytest

from mock_server.exchange import received
from mock_server.toplyne.fault import Fault, InvalidFault
from mock_server.toplyne.fault_reading import AskedFaults, bad_day, fault_of_header, faults_of
from sandbox.type_reading import problems_of


def header(*texts):
    return fault_of_header(received("GET", "/v1/auth/me", [("X-Sandbox-Fault", t) for t in texts]))


def problems(work, *arguments):
    with pytest.raises(InvalidFault) as raised:
        work(*arguments)
    return [(problem.path, problem.message) for problem in raised.value.problems]


def told(given):
    return [(problem.path, problem.message) for problem in problems_of(AskedFaults, given)]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("503", Fault(status=503)),
        ("429; retry-after=2", Fault(status=429, retry_after=2)),
        ("status=429;Retry-After = 2", Fault(status=429, retry_after=2)),
        ("reset", Fault(wire="reset")),
        ("EMPTY", Fault(wire="empty")),
        ("half; delay=0.5", Fault(wire="half", delay=0.5)),
        ("delay=0.5", Fault(delay=0.5)),
        ("503; stored=true", Fault(status=503, stored=True)),
        ("reset; stored=false", Fault(wire="reset", stored=False)),
    ],
)
def test_a_header_asks_for_a_fault(text, fault):
    assert header(text) == fault


def test_two_headers_are_read_as_one():
    assert header("503", "delay=1") == Fault(status=503, delay=1)


def test_a_request_without_the_header_asks_for_none():
    assert header() is None


LIKE = (
    "is not a part of x-sandbox-fault. Expected reset, 503, or NAME=VALUE with one of status,"
    " retry-after, delay, wire, stored."
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("$", f"'' {LIKE}")]),
        ("rest", [("$", f"'rest' {LIKE}")]),
        ("503; times=2", [("$", f"'times=2' {LIKE}")]),
        (
            "503; 504; delay=long",
            [
                ("$.status", "is given twice. Give it once."),
                ("$.delay", "must be a number from 0 to 300, not 'long'."),
            ],
        ),
        ("200", [("$.status", "must be a whole number from 400 to 599, or nothing, not 200.")]),
    ],
)
def test_all_that_is_wrong_with_a_header_is_said(text, expected):
    assert problems(header, text) == expected


def test_a_fault_with_a_probability_happens_for_ever_unless_told_how_often():
    def times(**fault):
        return faults_of(fault)[0].times

    assert times(status=503) == 1
    assert times(status=503, probability=0.5) is None
    assert times(status=503, probability=0.5, times=3) == 3


def test_several_faults_come_in_a_list():
    assert faults_of({"faults": [{"status": 503}, {"wire": "reset"}]}) == (
        Fault(status=503),
        Fault(wire="reset"),
    )


def test_all_problems_of_a_list_are_said_with_their_places():
    given = {"faults": [{"status": 503}, {"staus": 503}, 5, {"wire": "cut", "times": 0}]}

    assert told(given) == [
        (
            "$.faults[1].staus",
            (
                "is unknown. The members are status, path, times, probability,"
                " seed, retry_after, delay, wire, stored, most_delay, bytes_per_second."
                " Did you mean status?"
            ),
        ),
        ("$.faults[1]", "does nothing. Give a status, a delay or a wire."),
        ("$.faults[2]", "must be an object, not 5."),
        ("$.faults[3].wire", "must be one of whole, reset, empty, half, garbage, not 'cut'."),
        ("$.faults[3].times", "must be a whole number from 1 on, or nothing, not 0."),
    ]


def test_a_bad_day_has_every_kind_of_fault_and_meets_its_share():
    faults = bad_day(probability=0.3, seed=1)

    missed = 1.0
    shares = []
    for fault in faults:
        shares.append(missed * fault.probability)
        missed *= 1 - fault.probability
    assert 1 - missed == pytest.approx(0.3)
    assert shares == pytest.approx([0.03] * 10)
    assert {f.wire for f in faults} == {"whole", "reset", "empty", "half", "garbage"}
    assert {f.status for f in faults} == {None, 429, 500, 503}
    assert len({f.seed for f in faults}) == 10


def test_a_bad_day_can_be_asked_for_in_json():
    assert faults_of({"bad_day": {"seed": 4, "probability": 1}}) == bad_day(seed=4, probability=1)


def test_all_that_is_wrong_with_a_bad_day_is_said():
    given = {"bad_day": {"probability": 2, "seed": "x", "often": 1}}

    assert told(given) == [
        ("$.bad_day.probability", "must be a number from 1e-06 to 1, not 2."),
        ("$.bad_day.seed", "must be a whole number from 0 on, not 'x'."),
        ("$.bad_day.often", "is unknown. The members are probability, seed, path."),
    ]


def test_a_header_of_very_many_parts_is_one_problem():
    assert problems(header, ";" * 1_000_000) == [
        ("$", "is longer than 1000 characters (fault_characters).")
    ]
