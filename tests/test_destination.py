"""Destination: its configuration, and sending through a real mock."""

import pytest

from mock_server import MockServer
from sandbox import PRESETS, Delivery, Destination, InvalidMapping, Mapping, Rejected, Skipped

TRACK = {"type": "track", "event": "E", "timestamp": "2021-02-01T00:00:00Z", "userId": "u"}
URL = "http://127.0.0.1:1/v1"


def problems(**changes):
    with pytest.raises(InvalidMapping) as refused:
        Destination(**({"api_key": "k", "base_url": URL} | changes))
    return [(p.path, p.message) for p in refused.value.problems]


def named(name, *, enabled=True):
    return Mapping(name, action="sendEvents", trigger='type = "track"', enabled=enabled)


def test_a_destination_takes_fifty_mappings_and_not_fifty_one():
    Destination(api_key="k", base_url=URL, mappings=[named(f"m{i}") for i in range(50)])

    assert problems(mappings=[named(f"m{i}") for i in range(51)]) == [
        ("$.mappings", "are 51. A destination has at most 50.")
    ]


def test_names_of_mappings_may_repeat_as_in_segment():
    mappings = [named("a"), named("b"), named("a")]

    assert len(Destination(api_key="k", base_url=URL, mappings=mappings).mappings) == 3


def test_a_disabled_destination_may_have_no_mapping_enabled():
    off = [named("a", enabled=False)]

    assert Destination(api_key="k", base_url=URL, mappings=off, enabled=False).enabled is False


def test_one_mapping_must_be_enabled():
    assert problems(mappings=[named("a", enabled=False)]) == [
        ("$.mappings", "are all disabled. Enable at least one.")
    ]


def test_a_destination_without_a_mapping_is_not_said_to_have_disabled_ones():
    assert problems(mappings=[]) == [("$.mappings", "are empty. Add at least one enabled mapping.")]


def test_all_that_is_wrong_is_said_at_once():
    wrong = problems(api_key="", base_url="api.toplyne.io", mappings=[], rules="strict")

    assert wrong == [
        ("$.apiKey", "API Key is required, as a string."),
        ("$.baseUrl", "must be like http://127.0.0.1:8020/v1, but it was 'api.toplyne.io'."),
        ("$.mappings", "are empty. Add at least one enabled mapping."),
        ("$.rules", "is 'strict'. Expected documented or observed."),
    ]


def test_a_key_that_is_no_header_text_is_refused_before_anything_is_sent():
    assert problems(api_key="k\n") == [
        ("$.apiKey", "API Key contains '\\n', which is illegal in a header.")
    ]


def test_the_key_is_not_in_the_repr():
    assert "secret" not in repr(Destination(api_key="secret", base_url=URL))


def test_send_gives_one_result_per_mapping_and_the_mock_has_the_request():
    with MockServer() as toplyne:
        destination = Destination(api_key=toplyne.token, base_url=toplyne.api_url)

        results = destination.send(TRACK)

        assert [type(r) for r in results] == [Skipped, Skipped, Delivery]
        assert (results[2].status, results[2].ok, results[2].mapping) == (202, True, PRESETS[2])
        assert results[2].entry == toplyne.entries[0]["number"]
        assert toplyne.events == [{"userId": "u", "eventName": "E", "timestamp": 1612137600}]


def test_a_disabled_destination_receives_nothing():
    with MockServer() as toplyne:
        destination = Destination(api_key=toplyne.token, base_url=toplyne.api_url, enabled=False)

        results = destination.send(TRACK)

        assert [type(r) for r in results] == [Skipped, Skipped, Skipped]
        assert toplyne.entries == []


def test_a_rejected_event_is_not_sent():
    with MockServer() as toplyne:
        destination = Destination(api_key=toplyne.token, base_url=toplyne.api_url)

        results = destination.send(TRACK | {"timestamp": "soon"})

        assert isinstance(results[2], Rejected)
        assert toplyne.entries == []
