"""Masked keys: the only part of an API token or write key that is ever shown."""

from typing import Final

CUT: Final = "…"
"""Replaces the hidden part of a key."""
SHOWN_CHARACTERS: Final = 4
_SHORTEST_SHOWN: Final = 8


def masked(key: str) -> str:
    """Return a key as it may be shown: its last four characters, if it has at least eight."""
    key = key.strip()
    return f"{CUT}{key[-SHOWN_CHARACTERS:]}" if len(key) >= _SHORTEST_SHOWN else CUT
