"""Real clock: what waits ends in time, also where a test has stopped the clocks of Python."""

import asyncio
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
import requests
from freezegun import freeze_time

from mock_server import MockServer, real_clock
from mock_server.segment.ledger import Ledger
from mock_server.segment.record import Record
from mock_server.segment.segment_choices import SegmentChoices
from mock_server.store.database import Limits

FROZEN = "2026-01-01"


@pytest.fixture
def frozen_time():
    with freeze_time(FROZEN):
        yield


def test_a_server_stops_while_a_client_keeps_its_connection(frozen_time):
    session = requests.Session()

    with MockServer() as toplyne:
        headers = {"Authorization": f"Bearer {toplyne.token}"}
        assert session.get(f"{toplyne.api_url}/auth/me", headers=headers).status_code == 200
    session.close()


def test_a_delayed_answer_comes(toplyne, frozen_time):
    toplyne.fail_next(delay=0.1)

    assert toplyne.client.get("/auth/me", timeout=10).status_code == 200


def test_waiting_ends(toplyne, frozen_time):
    with pytest.raises(TimeoutError, match=r"waited 0\.1 s for events=1"):
        toplyne.wait_for(events=1, timeout=0.1)


def test_a_wait_over_http_ends(toplyne, frozen_time):
    answer = httpx.get(f"{toplyne.url}/_sandbox/wait?events=9&timeout=0.1", trust_env=False)

    assert answer.status_code == 408


def test_flushing_ends(frozen_time):
    ledger = Ledger(Limits(), SegmentChoices(), None)
    ledger.append([Record(number=0, tenant=1, at=0, source="a", message=b"", outcome="queued")])

    assert ledger.flush((1,), 0.05) is False


def test_a_message_of_an_sdk_is_delivered(frozen_time):
    with MockServer() as toplyne:
        message = {"userId": "u1", "event": "Signed Up", "type": "track"}
        sent = {"batch": [message], "writeKey": toplyne.write_key}
        httpx.post(f"{toplyne.url}/v1/batch", json=sent, trust_env=False)
        toplyne.flush(timeout=20)

        assert [event["eventName"] for event in toplyne.events] == ["Signed Up"]


def test_the_clock_goes_on_where_it_is_first_imported_while_time_is_frozen():
    program = f"""
from freezegun import freeze_time
with freeze_time({FROZEN!r}):
    from mock_server import MockServer
    with MockServer() as toplyne:
        toplyne.fail_next(delay=0.1)
        assert toplyne.client.get("/auth/me", timeout=10).status_code == 200
        try:
            toplyne.wait_for(events=1, timeout=0.1)
        except TimeoutError:
            print("in time")
"""

    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
        cwd=Path(__file__).parent.parent,
    )

    assert (run.stdout, run.stderr) == ("in time\n", "")


def test_a_condition_is_waited_for_until_it_is_met_or_time_is_up(frozen_time):
    changed, met = threading.Condition(), []

    def meet():
        with changed:
            met.append(1)
            changed.notify_all()

    timer = threading.Timer(0.05, meet)
    timer.start()
    with changed:
        assert real_clock.wait_for(changed, lambda: bool(met), 30) is True
        assert real_clock.wait_for(changed, lambda: False, 0.05) is False
    timer.join()


def test_time_frozen_inside_a_loop_runs_out_too():
    async def run(toplyne):
        with freeze_time(FROZEN), pytest.raises(TimeoutError, match=r"waited 0\.05 s for events=1"):
            await toplyne.wait_for_async(events=1, timeout=0.05)

    with MockServer() as toplyne:
        asyncio.run(run(toplyne))


def test_the_wall_clock_is_the_machines_while_time_is_frozen():
    before = time.time()
    with freeze_time(FROZEN):
        during = real_clock.wall()

    assert before - 1 <= during <= time.time() + 1
