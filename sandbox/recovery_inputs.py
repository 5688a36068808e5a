"""Recovery inputs: what a client tried to send, and what arrived, from events and entries."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from sandbox.recovery import ENVELOPES, Attempt, Sent
from sandbox.segment.javascript import Json
from sandbox.segment.pipeline import Mapped, Outcome
from sandbox.toplyne import TOPLYNE

_PREFIX: Final = "/v1"


def sent_of(
    values: Iterable[tuple[int, dict[str, Json]]],
    map_event: Callable[[dict[str, Json]], Iterable[Outcome]],
) -> tuple[list[Sent], int]:
    """Return the items that numbered events, or whole upload bodies, should bring to Toplyne.

    The number beside them is how many of the values make no request at all.
    """
    found = []
    for index, value in values:
        outcomes = () if upload_envelope(value) else map_event(value)
        mapped = [(o.mapping.name, o.request.json) for o in outcomes if isinstance(o, Mapped)]
        found.append(_items_of(index, [("", value)] if upload_envelope(value) else mapped))
    return _together(found)


def sent_of_ledger(records: Iterable[Mapping[str, Json]]) -> tuple[list[Sent], int]:
    """Return the items of the requests in a ledger, as `/_sandbox/ledger` shows its messages.

    An item's event is the number of its message; beside them, as in `sent_of`, how many messages
    made no request.
    """
    found = []
    for record in records:
        made = [part for part in record["deliveries"] if part["request"] is not None]
        bodies = [(part["mapping"] or "", part["request"]["json"]) for part in made]
        found.append(_items_of(record["number"], bodies))
    return _together(found)


def _items_of(event: int, bodies: Iterable[tuple[str, dict[str, Json]]]) -> list[Sent]:
    return [
        Sent(event=event, mapping=mapping, envelope=envelope, item=item)
        for mapping, body in bodies
        for envelope, items in body.items()
        for item in items
    ]


def _together(found: list[list[Sent]]) -> tuple[list[Sent], int]:
    return [item for items in found for item in items], found.count([])


def upload_envelope(value: dict[str, Json]) -> str | None:
    """Return the key of the list where the value is a whole upload body, else None."""
    keys = list(value)
    if len(keys) == 1 and keys[0] in ENVELOPES and isinstance(value[keys[0]], list):
        return keys[0]
    return None


def attempts_of(entries: Iterable[Mapping[str, Json]]) -> Iterator[Attempt]:
    """Yield the attempts of journal entries as `/_sandbox/entries` shows them, refused ones too."""
    for entry in entries:
        path: str = entry["path"]
        upload = TOPLYNE.upload_at(path.removeprefix(_PREFIX))
        if upload is None or entry["method"] != "POST":
            continue
        envelope, body = upload.endpoint.envelope, entry["json"]
        items = body.get(envelope) if isinstance(body, dict) else None
        for item in items if isinstance(items, list) else ():
            yield Attempt(
                entry=entry["number"],
                at=datetime.fromisoformat(entry["at"]).timestamp(),
                envelope=envelope,
                item=item,
                stored=entry["stored"],
            )
