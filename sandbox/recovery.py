"""Recovery: what became of each thing a client tried to send: once, late, twice or never.

No message id reaches Toplyne, so an item is known by its content alone; of equal items as many are
expected as were sent. Nothing here uses a clock or a network: what was sent and what arrived are
values.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from sandbox.segment.javascript import Json
from sandbox.segment.json_text import json_text
from sandbox.toplyne import SEND_ACCOUNT_PROFILES, SEND_USER_PROFILES, TOPLYNE

Fortune: TypeAlias = Literal["once", "late", "twice", "never"]
FORTUNES: Final[tuple[Fortune, ...]] = get_args(Fortune)
ENVELOPES: Final = tuple(dict.fromkeys(upload.endpoint.envelope for upload in TOPLYNE.uploads))
_IDS: Final = {"profiles": SEND_USER_PROFILES.ids, "accounts": SEND_ACCOUNT_PROFILES.ids}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One item a client tried to send: of which event of its input, by which mapping."""

    event: int
    mapping: str
    envelope: str
    item: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One item that reached the server in a request, and whether it was stored."""

    entry: int
    at: float
    envelope: str
    item: Json
    stored: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of one sent item.

    `once`: stored by the first attempt that reached the server. `late`: stored once, after an
    attempt that was not, `waited` seconds after that. `twice`: stored in all of `entries`.
    `never`: in none. `attempts` is how often it reached the server; items that are equal share
    that number, as nobody can tell them apart.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """The fate of every sent item, in order, and what was stored that nobody sent.

    `stored` counts items that were stored by the key of their list, `people` the different
    profiles and accounts they name.
    """

    fates: tuple[Fate, ...]
    strays: tuple[Attempt, ...]
    stored: Mapping[str, int]
    people: Mapping[str, int]

    @property
    def counts(self) -> dict[str, int]:
        """How many items had each fortune; together, as many as were sent."""
        known = Counter(fate.fortune for fate in self.fates)
        return {fortune: known[fortune] for fortune in FORTUNES}

    @property
    def is_whole(self) -> bool:
        """Whether everything arrived, nothing twice and nothing that was not sent."""
        counts = self.counts
        return not (counts["twice"] or counts["never"] or self.strays)

    def disagreements(self, state: Mapping[str, int]) -> list[str]:
        """Return where the state's totals are not what the stored items make, as sentences."""
        made = {"events": self.stored["events"], **self.people}
        return [
            f"The state has {state[kind]} {kind}, but the stored items make {number}."
            for kind, number in made.items()
            if state[kind] != number
        ]


def recover(sent: Iterable[Sent], attempts: Iterable[Attempt]) -> Recovery:
    """Return what became of each sent item; `attempts` come in the order of their entries."""
    wanted: dict[str, list[Sent]] = defaultdict(list)
    order: list[tuple[str, int]] = []
    for one in sent:
        key = _key(one.envelope, one.item)
        order.append((key, len(wanted[key])))
        wanted[key].append(one)

    tried: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        tried[_key(attempt.envelope, attempt.item)].append(attempt)

    fates = {key: _fates(equal, tried.get(key, [])) for key, equal in wanted.items()}
    stored = [a for known in tried.values() for a in known if a.stored]
    return Recovery(
        fates=tuple(fates[key][place] for key, place in order),
        strays=tuple(a for key, known in tried.items() if key not in wanted for a in known
                     if a.stored),
        stored={name: sum(a.envelope == name for a in stored) for name in ENVELOPES},
        people={kind: len(_people(kind, stored)) for kind in _IDS},
    )  # fmt: skip


def _key(envelope: str, item: Json) -> str:
    # the order of an item's own keys is the client's affair
    known = {key: item[key] for key in sorted(item)} if isinstance(item, dict) else item
    return f"{envelope} {json_text(known)}"


def _fates(equal: Sequence[Sent], tried: Sequence[Attempt]) -> list[Fate]:
    """Share the attempts of equal items among them: each gets one, then each another one."""
    lost: deque[Attempt] = deque()
    shares: list[list[Attempt]] = [[] for _ in equal]
    waits: list[float | None] = [None] * len(equal)
    number = 0
    for attempt in tried:
        if not attempt.stored:
            lost.append(attempt)
            continue
        place = number % len(equal)
        if lost and not shares[place]:
            waits[place] = attempt.at - lost.popleft().at
        shares[place].append(attempt)
        number += 1
    return [
        Fate(
            sent=one,
            fortune=_fortune(share, waited),
            entries=tuple(attempt.entry for attempt in share),
            attempts=len(tried),
            waited=waited or 0.0,
        )
        for one, share, waited in zip(equal, shares, waits, strict=True)
    ]


def _fortune(share: Sequence[Attempt], waited: float | None) -> Fortune:
    if not share:
        return "never"
    if len(share) > 1:
        return "twice"
    return "once" if waited is None else "late"


def _people(kind: str, stored: Iterable[Attempt]) -> set[tuple[str, Json]]:
    found = set()
    for number, attempt in enumerate(stored):
        if attempt.envelope == kind:
            named = [(key, attempt.item[key]) for key in _IDS[kind] if attempt.item.get(key)]
            found.add(named[0] if named else ("nobody", number))
    return found


def report(
    recovery: Recovery, state: Mapping[str, int], *, dropped: int = 0, requestless: int = 0
) -> dict[str, Json]:
    """Return the whole report as a JSON object.

    `state` has the totals of profiles, accounts and events; `dropped` is how many entries the
    journal no longer has, without which the totals cannot be compared; `requestless` how many
    inputs made no request.
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
        "differences": differences,
        "whole": recovery.is_whole,
        "items": [fate.to_json() for fate in recovery.fates],
    }
