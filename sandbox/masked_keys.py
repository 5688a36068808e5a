"""Masked keys: what is ever shown of an API token or a write key."""

from typing import Final

CUT: Final = "…"
"""What stands for the part of a key that is not shown."""
SHOWN_CHARACTERS: Final = 4
_SHORTEST_SHOWN: Final = 8


def masked(key: str) -> str:
    """Return a key as it may be shown: its last four characters, if it has at least eight."""
    key = key.strip()
    return f"{CUT}{key[-SHOWN_CHARACTERS:]}" if len(key) >= _SHORTEST_SHOWN else CUT
