"""Handshakes: which of those that failed are journaled, by what a server saw of them."""

import asyncio
import ssl

import pytest

from mock_server.bounds import HANDSHAKES, Bounds
from mock_server.server.server_context import Handshakes

FRONT = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32)
BROWSERS = FRONT + b"\x20" + bytes(32) + b"\x00\x20\x3a\x3a\x13\x01"
OTHERS = [
    FRONT + b"\x20" + bytes(32) + b"\x00\x20\x13\x02\x13\x01",
    FRONT + b"\x00" + b"\x00\x20\x3a\x1a",
    FRONT,
    b"\x16",
    b"",
]
DISTRUST = ssl.SSLError(1, "failed")
DISTRUST.reason = "SSLV3_ALERT_CERTIFICATE_UNKNOWN"


class Journal:
    """Keeps what is refused in place of what answers, and writes nothing."""

    def __init__(self):
        self.refused = []

    def refuse(self, came, status, sentence):
        self.refused.append((came.method, status, sentence))

    def flush(self):
        """Have nothing to write."""


def journaled(*steps, seconds=0.2):
    """Return what is journaled of steps: handshakes that failed or, where None, succeeded."""
    journal = Journal()

    async def take():
        seen = Handshakes(journal, journal, "/ca.pem", Bounds(return_seconds=0.05))
        for error, hello in steps:
            if error is None:
                seen.succeeded(hello)
            else:
                seen.failed(error, hello)
        at_once = len(journal.refused)
        await asyncio.sleep(seconds)
        return at_once, len(journal.refused)

    return asyncio.run(take())


def test_no_more_are_held_back_than_the_bound_and_the_others_are_journaled_at_once():
    assert journaled(*[(DISTRUST, BROWSERS)] * (HANDSHAKES + 3)) == (3, HANDSHAKES + 3)


def test_what_a_browser_breaks_off_is_journaled_if_it_does_not_come_again():
    assert journaled((DISTRUST, BROWSERS), (DISTRUST, BROWSERS)) == (0, 2)


def test_what_a_browser_breaks_off_before_it_goes_on_is_not_journaled():
    steps = [(DISTRUST, BROWSERS), (DISTRUST, BROWSERS), (None, BROWSERS), (DISTRUST, BROWSERS)]

    assert journaled(*steps) == (0, 0)


def test_that_another_client_succeeds_excuses_no_browser():
    assert journaled((DISTRUST, BROWSERS), (None, OTHERS[0])) == (0, 1)


@pytest.mark.parametrize("hello", OTHERS)
def test_what_another_client_breaks_off_is_journaled_at_once(hello):
    assert journaled((DISTRUST, hello), (None, hello)) == (1, 1)


def test_whatever_else_a_browser_breaks_off_is_journaled_at_once():
    assert journaled((ConnectionResetError(), BROWSERS)) == (1, 1)
