"""Calls: the types of messages, and the call each path of the Tracking API makes."""

from typing import Final

TYPES: Final = ("identify", "track", "page", "screen", "group", "alias")
BATCH: Final = "batch"
_ALL: Final = (*TYPES, BATCH)
CALLS: Final = {**{c: c for c in _ALL}, **{c[0]: c for c in _ALL}, "import": BATCH}
"""The call for each word after `/v1/`: the long form, and the short one that browsers use."""
MEMBERS: Final = {
    "identify": ("traits",),
    "track": ("event", "properties"),
    "page": ("name", "properties"),
    "screen": ("name", "properties"),
    "group": ("traits",),
    "alias": (),
}
"""Which of event, name, properties and traits a call has (docs, "Spec"); intake takes others."""
