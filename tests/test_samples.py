"""The events that come with the sandbox: what Segment's runtime makes of them is what we send."""

import json
from pathlib import Path

import pytest

from mock_server import MockServer
from sandbox import PRESETS, Destination, Mapped, map_event, samples

CASES = Path(__file__).parent.parent / "fixtures" / "cases" / "samples"
TAKEN = {"identify", "group", "track"}


def segments_requests(name):
    """Return what the runtime was seen to send, by sample and index."""
    cases = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
    return {(c["sample"], c["event"]): [tuple(r) for r in c["requests"]] for c in cases}


@pytest.mark.parametrize("name", ["recorded", "odd"])
def test_every_sample_becomes_the_requests_segments_runtime_sends(name):
    expected = segments_requests(name)

    ours = {
        (sample.name, sample.event.index): [
            (outcome.request.path, outcome.request.content.decode())
            for outcome in map_event(sample.event.value, PRESETS, "observed")
            if isinstance(outcome, Mapped)
        ]
        for sample in getattr(samples, name)()
    }

    assert ours == expected


def test_every_recorded_identify_group_and_track_reaches_the_journal_with_that_body():
    expected = [
        (f"/v1{path}", json.loads(body))
        for requests in segments_requests("recorded").values()
        for path, body in requests
    ]
    taken = [s for s in samples.recorded() if s.event.value["type"] in TAKEN]

    with MockServer() as toplyne:
        destination = Destination(api_key=toplyne.token, base_url=toplyne.api_url)
        for sample in taken:
            destination.send(sample.event.value)

        journaled = [(entry["path"], entry["json"]) for entry in toplyne.entries]

    assert journaled == expected
    assert len(journaled) == len(taken) == 27


def test_the_recorded_events_come_from_three_clients_in_six_ways():
    assert sorted({sample.name for sample in samples.recorded()}) == [
        "analytics-next-batching",
        "analytics-next-standard",
        "analytics-node",
        "analytics-python-gzip",
        "analytics-python-queued",
        "analytics-python-sync",
    ]
