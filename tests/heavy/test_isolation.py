"""Isolation: whatever the threads and tokens, each 202 is once in its own tenant, in no other."""

import http.client
from collections import Counter

import pytest

from mock_server import MockServer
from tests.heavy.load import in_threads, upload


@pytest.mark.parametrize(
    ("threads", "requests"),
    [
        pytest.param(8, 400, id="small"),
        pytest.param(64, 20_000, id="whole", marks=pytest.mark.heavy),
    ],
)
@pytest.mark.parametrize("kept", [False, True], ids=["memory", "file"])
def test_every_202_is_once_in_its_own_tenant(tmp_path, threads, requests, kept):
    tokens = {f"tenant {number}": f"tok_isolated_{number}" for number in range(8)}
    names = list(tokens)
    accepted: list[list[tuple[str, int]]] = [[] for _ in range(threads)]

    with MockServer(tokens=tokens, db=tmp_path / "mock.db" if kept else None) as toplyne:

        def work(index):
            connection = http.client.HTTPConnection("127.0.0.1", toplyne.port, timeout=60)
            for number in range(requests // threads):
                tenant = names[(index + number) % 8]
                event = f"{tenant}/{index}/{number}"
                status, entry = upload(connection, tokens[tenant], event)
                assert status == 202
                accepted[index].append((event, entry))
            connection.close()

        in_threads(threads, work)

        sent = [pair for pairs in accepted for pair in pairs]
        assert len(sent) == requests // threads * threads
        assert len({entry for _, entry in sent}) == len(sent)
        for tenant in names:
            mine = {(event, entry) for event, entry in sent if event.startswith(f"{tenant}/")}
            view = toplyne.tenant(tenant)
            journaled = Counter(
                (entry["json"]["events"][0]["eventName"], entry["number"])
                for entry in view.entries
                if entry["tenant"] == tenant
            )
            assert journaled == Counter(mine)
            assert Counter(event["eventName"] for event in view.events) == Counter(
                event for event, _ in mine
            )
