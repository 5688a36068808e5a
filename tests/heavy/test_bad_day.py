"""A bad day: Segment's retries against 30 % faults of every kind, and the report on it."""

import json
import random
import time
from collections import Counter

import pytest
from click.testing import CliRunner

from mock_server import MockServer
from sandbox import Mapped, deliver, map_event
from sandbox.cli import cli
from sandbox.delivery_client import open_client
from sandbox.segment.retry import Backoff, is_retried
from tests.heavy.load import in_threads

THREADS = 4
BACKOFF = Backoff(time_scale=0.002)


def event(number):
    return {
        "type": "track",
        "event": f"Order {number}",
        "userId": f"user-{number % 97}",
        "timestamp": "2026-11-23T16:17:19.871Z",
        "properties": {"number": number},
    }


def send(request, toplyne, client, chance):
    """Send as Segment does until it arrives or is given up; return the codes of all attempts."""
    codes, started = [], time.monotonic()
    while True:
        delivery = deliver(request, api_key=toplyne.token, base_url=toplyne.api_url, client=client)
        codes.append(delivery.code)
        if delivery.ok or not is_retried(delivery.status):
            return codes
        due = BACKOFF.due(len(codes), started=started, now=time.monotonic(), chance=chance.random())
        if due is None:
            return codes
        time.sleep(max(0, due - time.monotonic()))


def send_all(events, toplyne):
    codes = [[] for _ in events]

    def work(index):
        chance = random.Random(index)
        with open_client() as client:
            for number in range(index, len(events), THREADS):
                (request,) = [o.request for o in map_event(events[number]) if isinstance(o, Mapped)]
                codes[number] = send(request, toplyne, client, chance)

    in_threads(THREADS, work)
    return codes


@pytest.mark.parametrize(
    "count",
    [pytest.param(300, id="small"), pytest.param(5000, id="whole", marks=pytest.mark.heavy)],
)
def test_the_report_accounts_for_every_event_and_agrees_with_the_state(tmp_path, count):
    events = [event(number) for number in range(count)]
    file = tmp_path / "events.ndjson"
    file.write_text("".join(json.dumps(e) + "\n" for e in events), encoding="utf-8")

    with MockServer() as toplyne:
        toplyne.bad_day(probability=0.3, seed=20261123)
        toplyne.fail_always(status=501, probability=0.02, seed=5)  # which Segment gives up

        codes = send_all(events, toplyne)

        arguments = ["recovery", str(file), "--mock", toplyne.url, "--json"]
        result = CliRunner().invoke(cli, arguments)
        arrived = Counter(e["eventName"] for e in toplyne.events)
        entries = toplyne.entries
        asked = toplyne.client.post(f"{toplyne.url}/_sandbox/recovery", content=file.read_bytes())

    report = json.loads(result.stdout)
    assert result.exit_code == 1, "some arrived twice and some never"
    assert asked.json() == report
    assert report["sent"] == count == sum(report[f] for f in ("once", "late", "twice", "never"))
    assert all(report[fortune] > 0 for fortune in ("once", "late", "twice", "never"))
    assert (report["agrees"], report["differences"], report["strays"]) == (True, [], 0)
    assert report["stored"]["events"] == report["state"]["events"] == arrived.total()
    assert len(entries) == sum(map(len, codes))
    share = sum(entry["fault"] is not None for entry in entries) / len(entries)
    assert 0.25 < share < 0.38
    assert len({entry["fault"] for entry in entries}) >= 10, "every kind, 501 and none"

    for number, (fate, tried) in enumerate(zip(report["items"], codes, strict=True)):
        copies = arrived[f"Order {number}"]
        assert (fate["event"], fate["attempts"]) == (number, len(tried))
        assert len(fate["entries"]) == copies
        assert fate["fortune"] == expected_fortune(copies, tried, entries, number)


def expected_fortune(copies, tried, entries, number):
    """Return the fortune by another way: how often it is in the state, and the first attempt."""
    if copies != 1:
        return "twice" if copies else "never"
    if tried == ["202"]:
        return "once"
    name = f"Order {number}"
    first = next(e for e in entries if e["json"]["events"][0]["eventName"] == name)
    return "once" if first["stored"] else "late"
