"""Memory: a million entries through the bounded journal leave it flat."""

import sys
from pathlib import Path

import pytest

from mock_server.assertions import Assertions
from mock_server.exchange import received
from mock_server.mock import Mock
from mock_server.store.database import Limits

STATM = Path("/proc/self/statm")
TOKEN = "tok_memory_test"


def resident_mb():
    return int(STATM.read_text().split()[1]) * 4096 / 2**20


@pytest.mark.skipif(not STATM.exists(), reason=f"no {STATM} on {sys.platform} to measure by")
@pytest.mark.parametrize(
    ("entries", "limits"),
    [
        pytest.param(6_000, Limits(entries=1000, profiles=1000), id="small"),
        pytest.param(1_000_000, Limits(), id="whole", marks=pytest.mark.heavy),
    ],
)
def test_memory_stays_flat_once_the_journal_is_full(entries, limits):
    mock = Mock(tokens={"default": TOKEN}, limits=limits)
    headers = [("Authorization", f"Bearer {TOKEN}"), ("Content-Type", "application/json")]

    def send(number):
        text = f'{{"events":[{{"userId":"u{number}","eventName":"Order Completed","timestamp":1,'
        body = f'{text}"eventProperties":{{"total":12.5,"currency":"EUR","items":[1,2,3]}}}}]}}'
        assert mock.answer(received("POST", "/v1/upload/events", headers, body.encode())).entry

    full = limits.entries * 3
    for number in range(full):
        send(number)
    before = resident_mb()
    for number in range(full, entries):
        send(number)
    after = resident_mb()

    assert after - before < 5
    assert Assertions.of(mock).counts()["events"] == entries
    assert mock.journal.dropped(Assertions.of(mock).view) == entries - len(
        Assertions.of(mock).entries
    )
    mock.close()
