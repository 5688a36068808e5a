"""Segment's Node client, unmodified, pointed at the mock."""

import os
import shutil
import subprocess

import pytest

from mock_server import MockServer
from tests.clients.judge import (
    HERE,
    check_against_segment,
    fates,
    needs_node,
    needs_runtime,
    without_times,
)

pytestmark = needs_node

ROUNDS = 5
KINDS = ("identify", "track", "group", "page", "screen", "alias")


@pytest.fixture(scope="module")
def toplyne():
    with MockServer() as started:
        program = [shutil.which("node"), str(HERE / "node_client.mjs"), started.url]
        arguments = [started.write_key, str(ROUNDS)]
        subprocess.run([*program, *arguments], check=True, timeout=60, cwd=HERE)
        started.flush()
        yield started


def test_every_call_becomes_its_request(toplyne):
    delivered = [(kind, "delivered", "202") for kind in KINDS[:3]]
    unmapped = [(kind, "unmapped", "NO_MATCHING_MAPPING") for kind in KINDS[3:]]
    assert fates(toplyne) == (delivered + unmapped) * ROUNDS
    assert without_times(toplyne.profiles) == [
        {
            "userId": f"u{n}",
            "userProperties": {"plan": "pro", "since": "2020-01-01T00:00:00.000Z"},
        }
        for n in range(ROUNDS)
    ]
    assert without_times(toplyne.accounts) == [
        {"accountId": f"g{n}", "accountProperties": {"seats": n}} for n in range(ROUNDS)
    ]
    assert without_times(toplyne.events) == [
        {
            "userId": f"u{n}",
            "accountId": f"g{n}",
            "eventName": "Order Completed",
            "eventProperties": {"total": n + 0.5},
        }
        for n in range(ROUNDS)
    ]


@needs_runtime
def test_the_requests_are_those_segments_runtime_makes_of_the_same_messages(toplyne):
    assert len(toplyne.ledger) == len(KINDS) * ROUNDS
    check_against_segment(toplyne)


def test_it_speaks_https_where_node_trusts_the_file():
    with MockServer(tls=True) as secured:
        program = [shutil.which("node"), str(HERE / "node_client.mjs"), secured.url]
        environment = {**os.environ, "NODE_EXTRA_CA_CERTS": secured.ca_file}
        subprocess.run(
            [*program, secured.write_key, "1"], check=True, timeout=60, cwd=HERE, env=environment
        )
        secured.flush()

        assert len(secured.events) == 1
