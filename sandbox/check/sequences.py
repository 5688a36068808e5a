"""Sequences: calls about one user and one account, after which the state must be the right one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, TypeAlias

from sandbox.check.catalogue import post
from sandbox.check.failure import CheckedRule
from sandbox.check.http_calls import Call
from sandbox.check.judging import Wrong, declared
from sandbox.check.requests import same
from sandbox.contract.wording import describe
from sandbox.segment.definition import Evidence
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.json_text import json_text
from sandbox.strategies.tape import Tape, taped
from sandbox.toplyne import ACCOUNT_ID, ANONYMOUS_ID, EVENT_NAME, IDS, TOPLYNE, USER_ID
from sandbox.values import Difference, difference

KINDS: Final = ("profiles", "accounts", "events")
OWN: Final = "OWN"
"""Stands in every id for what makes it one of this sequence alone."""

STORED: Final = CheckedRule(
    "stored",
    "What was accepted is known, in the order it came.",
    Evidence("assumed", "the state is the sandbox's own; nobody outside can read Toplyne's"),
)
_TIMES: Final = (1612137600, 1612137000, 1612138000)
_OBJECTS: Final[tuple[Json, ...]] = ({"plan": "pro"}, {"plan": "free", "seats": 3}, {"seats": None})
_STEP_BYTES: Final = 8


def sequence(tape: Tape) -> tuple[Call, ...]:
    """Make two to five uploads about one user and one account; now and then one is wrong."""
    chosen = [tape.stretch(_STEP_BYTES) for _ in range(2 + tape.below(4))]
    return tuple(map(_step, chosen))


def _step(tape: Tape) -> Call:
    upload = tape.pick(TOPLYNE.actions)
    item: dict[str, Json] = {}
    user, visitor, account = USER_ID.key, ANONYMOUS_ID.key, ACCOUNT_ID.key
    named = tape.pick(((user,), (visitor,), (user, visitor)))
    for key in named if user in upload.ids else (account,):
        item[key] = f"{key[0]}-{OWN}"
    for field in upload.fields:
        if field.key == EVENT_NAME.key:
            item[field.key] = tape.pick(("Signed Up", "Trial Started"))
        elif field.type == "datetime":
            item[field.key] = tape.pick(_TIMES)
        elif field.key == account and tape.chance(30):
            item[field.key] = f"a-{OWN}"
        elif field.type == "object" and tape.chance(70):
            item[field.key] = tape.pick(_OBJECTS)
    items = [item, {**item, "plan": "unknown"}] if tape.chance(8) else [item]
    return post(upload, {upload.endpoint.envelope: items})


SEQUENCES: Final = taped(sequence, length=1 + 5 * _STEP_BYTES)
"""Generated sequences."""


def owned(calls: tuple[Call, ...], own: str) -> Iterator[Call]:
    """Yield the calls with ids of their own."""
    for call in calls:
        yield replace(call, body=call.body.replace(OWN.encode(), own.encode()))


State: TypeAlias = dict[str, list[dict[str, Json]]]
"""The profiles, accounts and events of one sequence, in the order they came."""


def of(items: State, own: str) -> State:
    """Return the items that hold an id of the sequence, with OWN in its place again."""
    return {
        kind: [_renamed(item, own) for item in items[kind] if own in json_text(item)]
        for kind in KINDS
    }


def _renamed(item: dict[str, Json], own: str) -> dict[str, Json]:
    return {
        key: value.replace(own, OWN) if isinstance(value, str) and key in IDS else value
        for key, value in item.items()
    }


def compare_states(right: State, found: State) -> dict[str, Wrong]:
    """Return the rules a state breaks, by key."""
    broken: dict[str, Wrong] = {}
    for kind in KINDS:
        for wrong in _of_kind(kind, right[kind], found[kind]):
            broken.setdefault(wrong.rule.key, wrong)
    return broken


def _of_kind(
    kind: str, wanted: list[dict[str, Json]], there: list[dict[str, Json]]
) -> Iterator[Wrong]:
    ids = [[item.get(key) for key in IDS] for item in wanted]
    found_ids = [[item.get(key) for key in IDS] for item in there]
    if kind == "events" and not same(wanted, there):
        places = tuple(difference(wanted, there, at=(kind,)))
        yield _wrong(STORED, kind, places[0])
    elif ids != found_ids:
        place = Difference((kind,), wanted, there)
        rule = declared("profile-identity") if wanted and kind == "profiles" else STORED
        if not wanted and kind == "profiles":
            rule = declared("event-no-profile")
        yield _wrong(rule, kind, place)
    elif kind != "events":
        for each in difference(wanted, there, at=(kind,)):
            yield _wrong(_rule_at(each.path, kind), kind, each)


def _rule_at(path: str, kind: str) -> CheckedRule:
    if "creationTime" in path:
        return declared(f"creation-time-{'user' if kind == 'profiles' else 'account'}")
    return declared("merge-properties" if "Properties" in path else "users-not-joined")


def _wrong(rule: CheckedRule, kind: str, place: Difference) -> Wrong:
    found, right = (
        "nothing" if each is MISSING else describe(each) for each in (place.found, place.expected)
    )
    sentence = f"then the {kind} differ: {place.path} is {found}; right is {right}."
    return Wrong(rule, "state", sentence, (place,))
