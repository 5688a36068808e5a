"""The bench: what its rows say, what it writes, and that its load counts what a server answers."""

import pytest

from bench.load import Upload, ask_here
from bench.report import Circumstances, markdown, text
from bench.results import Asked, Curve, Findings, Row, paired
from bench.uploads import EVENT, event_of, upload
from mock_server import MockServer

FASTER = Row(
    name="one event a request",
    peer="Prism",
    wanted=5,
    better="higher",
    unit="requests/s",
    pairs=((12_000, 2_000), (10_000, 2_500), (11_000, 2_000)),
    note="16 connections",
)
HEAVIER = Row(
    name="memory idle", peer="Prism", wanted=0.25, better="lower", unit="MB", pairs=((60, 150),)
)
MISSING = Row(
    name="one event a request",
    peer="WireMock",
    wanted=1,
    better="higher",
    unit="requests/s",
    pairs=(),
    missing="no java is on the PATH",
)
GROWTH = Curve(
    name="length of a list",
    x="events a request",
    y="events a second",
    lines={"ours": ((1, 9_000), (500, 90_000)), "Prism": ((1, 2_000),)},
)
AROUND = Circumstances(
    date="2026-03-02",
    machine="a processor, 2 cores",
    load_average="0.1",
    versions={"Python": "3.11.7", "Prism": "5.16.0"},
    pairs=3,
    generator="wrk, one thread",
)


def test_more_is_better_holds_from_the_wanted_ratio_on():
    assert FASTER.ratios == (4.0, 5.5, 6.0)
    assert FASTER.ratio == 5.5
    assert FASTER.holds is True


def test_less_is_better_holds_up_to_the_wanted_ratio():
    assert HEAVIER.ratio == 0.4
    assert HEAVIER.holds is False


def test_what_was_not_measured_neither_holds_nor_fails():
    assert MISSING.holds is None
    assert text(MISSING) == (
        "one event a request, against WireMock: not measured: no java is on the PATH"
    )


def test_the_report_shows_figures_ratios_their_spread_and_what_was_wanted():
    written = markdown(Findings(rows=(FASTER, HEAVIER, MISSING), curves=(GROWTH,)), AROUND, "a.svg")

    assert written.splitlines()[:1] == ["# Results"]
    assert (
        "| one event a request | Prism | 11,000 requests/s | 2,000 requests/s "
        "| 5.50× (4 to 6) | ≥ 5× | yes |\n"
    ) in written
    assert (
        "| memory idle | Prism | 60 MB | 150 MB | 0.400× (0.400 to 0.400) | ≤ 0.250× | **no** |\n"
    ) in written
    assert "| ≥ 1× | not measured: no java is on the PATH |\n" in written
    assert "- one event a request, against Prism: 16 connections.\n" in written
    assert "| events a request | ours | Prism |\n| ---: | ---: | ---: |\n" in written
    assert "| 500 | 90,000 |  |\n" in written
    assert "![Ratios and growth](a.svg)" in written
    assert "Date: 2026-03-02" in written
    assert "Python 3.11.7, Prism 5.16.0" in written


def test_pairs_are_measured_in_turn():
    order = []

    figures = paired([lambda: order.append("a") or 1.0, lambda: order.append("b") or 2.0], 3)

    assert order == ["a", "b"] * 3
    assert figures == [[1.0] * 3, [2.0] * 3]


def test_a_row_is_chosen_by_a_part_of_a_name():
    assert Asked(only="wire").wants("one event", "WireMock 3")
    assert Asked().wants("anything")
    assert not Asked(only="wire").wants("one event", "Prism")


@pytest.mark.parametrize("kilobytes", [0.3, 1, 4, 16, 32])
def test_an_event_is_about_as_large_as_asked(kilobytes):
    size = len(upload([event_of(kilobytes)]).body)

    assert size == pytest.approx(kilobytes * 1024, rel=0.15)


def test_every_counted_answer_is_an_entry_of_the_journal():
    with MockServer() as toplyne:
        asked = Upload(
            path="/v1/upload/events",
            bearer=toplyne.token,
            body=upload([EVENT]).body,
            expected=202,
            connections=2,
        )
        measured = ask_here(toplyne.port, asked, 0.2)

        assert 0 <= len(toplyne.entries) - measured.answers <= 2
        assert measured.answers > 10


def test_an_answer_that_is_not_the_expected_one_ends_the_measurement():
    with MockServer() as toplyne:
        asked = Upload(
            path="/v1/upload/events", bearer="unknown", body="{}", expected=202, connections=1
        )

        with pytest.raises(ConnectionError, match=r"answered b'HTTP/1\.1 403"):
            ask_here(toplyne.port, asked, 0.2)


def test_the_load_asks_in_any_method():
    with MockServer(tokens={"bench": "bench-token-0001"}) as toplyne:
        asked = Upload(
            path="/_sandbox/health", bearer="bench-token-0001", body="", expected=200, method="GET"
        )

        assert ask_here(toplyne.port, asked, 0.1).answers > 0
