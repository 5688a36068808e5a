"""Recovery: whether each item a client tried to send arrived once, late, twice or never.

    sent, requestless = sent_of(events, map_event)     # or of a ledger, by sent_of_ledger
    recovery = recover(sent, attempts_of(entries))

No message id reaches Toplyne, so only its content identifies an item; equal items are expected as
often as they were sent. Nothing here uses a clock or a network: both sides are given as values.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple, TypeAlias, cast, get_args

from sandbox.segment.definition import Envelope
from sandbox.segment.json_text import json_text
from sandbox.segment.pipeline import Mapped, Outcome
from sandbox.toplyne import SEND_ACCOUNT_PROFILES, SEND_USER_PROFILES, TOPLYNE
from sandbox.values import Json, as_object
from sandbox.wire_types import EntryJson, MessageJson

Fortune: TypeAlias = Literal["once", "late", "twice", "never"]
FORTUNES: Final[tuple[Fortune, ...]] = get_args(Fortune)
ENVELOPES: Final = tuple(dict.fromkeys(upload.endpoint.envelope for upload in TOPLYNE.uploads))
_IDS: Final = {"profiles": SEND_USER_PROFILES.ids, "accounts": SEND_ACCOUNT_PROFILES.ids}
_PREFIX: Final = "/v1"


class Sent(NamedTuple):
    """One item a client tried to send, with the number of its event and its mapping."""

    event: int
    mapping: str
    envelope: str
    item: Json


class Arrival(NamedTuple):
    """One item that reached the server in a request, and whether it was stored."""

    entry: int
    at: float
    envelope: str
    item: Json
    stored: bool


class Fate(NamedTuple):
    """Whether and how one sent item arrived.

    `once`: stored by the first attempt that reached the server. `late`: stored once, `waited`
    seconds after an attempt that was not stored. `twice`: stored in all of `entries`. `never`: in
    none. `attempts` is how often it reached the server; equal items share that number, as they
    cannot be distinguished.
    """

    sent: Sent
    fortune: Fortune
    entries: tuple[int, ...]
    attempts: int
    waited: float = 0.0

    def to_json(self) -> dict[str, Json]:
        """Return the fate as a JSON object."""
        return {
            "event": self.sent.event,
            "mapping": self.sent.mapping,
            "fortune": self.fortune,
            "entries": list(self.entries),
            "attempts": self.attempts,
            "waited": round(self.waited, 3),
        }


class Recovery(NamedTuple):
    """The fate of every sent item, in order, and in `strays` the stored items that nobody sent.

    `stored` counts the stored items by the key of their list, `people` the different profiles and
    accounts that they name.
    """

    fates: tuple[Fate, ...]
    strays: tuple[Arrival, ...]
    stored: Mapping[str, int]
    people: Mapping[str, int]

    @property
    def counts(self) -> dict[str, int]:
        """The number of items with each fortune; the sum is the number of sent items."""
        known = Counter(fate.fortune for fate in self.fates)
        return {fortune: known[fortune] for fortune in FORTUNES}

    @property
    def is_whole(self) -> bool:
        """Whether every item arrived, none twice, and no other item."""
        return not (self.strays or self.counts["twice"] or self.counts["never"])

    def disagreements(self, state: Mapping[str, int]) -> list[str]:
        """Return a sentence for each total of the state that the stored items do not explain."""
        made = {"events": self.stored["events"], **self.people}
        return [
            f"The state has {state[kind]} {kind}. The stored items amount to {number}."
            for kind, number in made.items()
            if state[kind] != number
        ]


def recover(sent: Iterable[Sent], attempts: Iterable[Arrival]) -> Recovery:
    """Return how each sent item arrived; `attempts` must be in the order of their entries."""
    wanted: dict[str, list[int]] = defaultdict(list)
    listed = list(sent)
    for place, one in enumerate(listed):
        wanted[_key(one)].append(place)
    tried: dict[str, list[Arrival]] = defaultdict(list)
    for attempt in attempts:
        tried[_key(attempt)].append(attempt)

    fates: dict[int, Fate] = {}
    for key, places in wanted.items():
        equal = [listed[place] for place in places]
        fates.update(zip(places, _fates(equal, tried.get(key, [])), strict=True))
    stored = {key: [each for each in known if each.stored] for key, known in tried.items()}
    everything = [attempt for known in stored.values() for attempt in known]
    return Recovery(
        fates=tuple(fates[place] for place in range(len(listed))),
        strays=tuple(each for key in stored if key not in wanted for each in stored[key]),
        stored={name: sum(each.envelope == name for each in everything) for name in ENVELOPES},
        people={kind: len(_people(kind, everything)) for kind in _IDS},
    )


def _key(one: Sent | Arrival) -> str:
    # a client may send the keys of an item in any order
    known = dict(sorted(one.item.items())) if isinstance(one.item, dict) else one.item
    return f"{one.envelope} {json_text(known)}"


def _fates(equal: Sequence[Sent], tried: Sequence[Arrival]) -> Iterator[Fate]:
    """Yield the fates of equal items; the stored attempts are dealt out to them in turn."""
    stored = [attempt for attempt in tried if attempt.stored]
    lost: deque[Arrival] = deque()
    waits: list[float | None] = []
    for attempt in tried:
        if attempt.stored:
            waits.append(attempt.at - lost.popleft().at if lost else None)
        else:
            lost.append(attempt)

    for place, one in enumerate(equal):
        share = stored[place :: len(equal)]
        waited = waits[place] if share else None
        once: Fortune = "once" if waited is None else "late"
        fortune = ("never", once, "twice")[min(len(share), 2)]
        entries = tuple(attempt.entry for attempt in share)
        yield Fate(one, fortune, entries, len(tried), waited or 0.0)


def _people(kind: str, stored: Iterable[Arrival]) -> set[tuple[str, Json]]:
    found: set[tuple[str, Json]] = set()
    for number, attempt in enumerate(stored):
        if attempt.envelope == kind:
            item = as_object(attempt.item)
            named = [(key, item[key]) for key in _IDS[kind] if item.get(key)]
            found.add(named[0] if named else ("nobody", number))
    return found


def report(
    recovery: Recovery, state: Mapping[str, int], *, dropped: int = 0, requestless: int = 0
) -> dict[str, Json]:
    """Return the whole report as a JSON object.

    `state` has the totals of profiles, accounts and events. `dropped` is the number of entries that
    the journal no longer has; if there are any, the totals cannot be compared. `requestless` is the
    number of inputs that made no request.
    """
    differences = [] if dropped else recovery.disagreements(state)
    return {
        "sent": len(recovery.fates),
        "requestless": requestless,
        **recovery.counts,
        "strays": len(recovery.strays),
        "stored": dict(recovery.stored),
        "state": dict(state),
        "dropped": dropped,
        "agrees": None if dropped else not differences,
        "differences": [*differences],
        "whole": recovery.is_whole,
        "items": [fate.to_json() for fate in recovery.fates],
    }


def sent_of(
    values: Iterable[tuple[int, dict[str, Json]]],
    map_event: Callable[[dict[str, Json]], Iterable[Outcome]],
) -> tuple[list[Sent], int]:
    """Return the items that Toplyne should get from numbered events or whole upload bodies.

    Also return how many of the values make no request.
    """
    found = []
    for index, value in values:
        bodies = [("", cast("Envelope", value))]
        if not upload_envelope(value):
            mapped = (o for o in map_event(value) if isinstance(o, Mapped))
            bodies = [(o.mapping.name, o.request.json) for o in mapped]
        found.append(_items_of(index, bodies))
    return _together(found)


def sent_of_ledger(records: Iterable[MessageJson]) -> tuple[list[Sent], int]:
    """Return the items of the requests in a ledger, as `/_sandbox/ledger` shows its messages.

    An item's event is the number of its message. Also return, as `sent_of` does, how many messages
    made no request.
    """
    found = []
    for record in records:
        made = ((part["mapping"] or "", part["request"]) for part in record["deliveries"])
        bodies = [(name, cast("Envelope", request["json"])) for name, request in made if request]
        found.append(_items_of(record["number"], bodies))
    return _together(found)


def _items_of(event: int, bodies: Iterable[tuple[str, Envelope]]) -> list[Sent]:
    return [
        Sent(event, mapping, envelope, item)
        for mapping, body in bodies
        for envelope, items in body.items()
        for item in items
    ]


def _together(found: list[list[Sent]]) -> tuple[list[Sent], int]:
    return [item for items in found for item in items], found.count([])


def upload_envelope(value: dict[str, Json]) -> str | None:
    """Return the key of the list if the value is a whole upload body, else None."""
    match list(value.items()):
        case [(key, list())] if key in ENVELOPES:
            return key
    return None


def attempts_of(entries: Iterable[EntryJson]) -> Iterator[Arrival]:
    """Yield the attempts in journal entries as `/_sandbox/entries` shows them, refused ones too."""
    for entry in entries:
        upload = TOPLYNE.upload_at(entry["path"].removeprefix(_PREFIX))
        if upload is None or entry["method"] != "POST":
            continue
        at, envelope = datetime.fromisoformat(entry["at"]).timestamp(), upload.endpoint.envelope
        for item in upload.items_in(entry["json"]):
            yield Arrival(entry["number"], at, envelope, item, entry["stored"])
