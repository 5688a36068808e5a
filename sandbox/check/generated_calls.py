"""Generated calls: uploads, most of them right, and sequences that lead to a state."""

import json
from typing import Final

from sandbox.check.catalogue import item_of, post, upload_of
from sandbox.check.http_calls import OWN, Call
from sandbox.segment.definition import Upload
from sandbox.segment.javascript import Json
from sandbox.strategies.quirks import any_value
from sandbox.strategies.tape import Tape, taped
from sandbox.toplyne import ACCOUNT_ID, ANONYMOUS_ID, EVENT_NAME, TOPLYNE, USER_ID

_ITEM_BYTES: Final = 50
_STEP_BYTES: Final = 8
_RIGHT: Final[dict[str, tuple[Json, ...]]] = {
    "string": ("u1", "u2", " ", "😀", "5", "a" * 300),
    "datetime": (1612137600, 0, -1, 1612137600.0, 1e9, 4102444800),
    "object": ({}, {"plan": "pro"}, {"a": None, "b": [1, {"c": ""}]}, {"": 1e21}),
}
_OTHER_KEYS: Final = ("plan", "user_id", "UserId", "timeStamp", "id", "properties", "")
_TIMES: Final = (1612137600, 1612137000, 1612138000)
_OBJECTS: Final[tuple[Json, ...]] = ({"plan": "pro"}, {"plan": "free", "seats": 3}, {"seats": None})


def generated_call(tape: Tape) -> Call:
    """Make an upload: an envelope of one to three items, now and then something else."""
    upload = tape.pick(TOPLYNE.uploads)
    odd = tape.stretch(12)
    chosen = [tape.stretch(_ITEM_BYTES) for _ in range(1 + tape.below(3))]
    items = [_item(each, upload) for each in chosen]
    body: Json = {upload.endpoint.envelope: items}
    if odd.chance(4):
        items[-1] = _finite(any_value(odd))
    elif odd.chance(4):
        body = {**body, odd.pick(_OTHER_KEYS): _finite(any_value(odd))}
    elif odd.chance(4):
        body = _finite(any_value(odd, 3))
    return post(upload, body)


def _finite(made: Json) -> Json:
    """Return a value as JSON has it; a half surrogate pair, which UTF-8 has not, is a mark."""
    text = json.dumps(made, ensure_ascii=False).encode("utf-8", "replace").decode()
    return json.loads(text)


def _item(tape: Tape, upload: Upload) -> dict[str, Json]:
    item = item_of(upload)
    for field in upload.fields:
        stretch = tape.stretch(7)
        if stretch.chance(45):
            odd = stretch.chance(15)
            right = _RIGHT[field.type]
            item[field.key] = _finite(any_value(stretch)) if odd else stretch.pick(right)
        elif stretch.chance(4):
            item.pop(field.key, None)
    if tape.chance(5):
        item[tape.pick(_OTHER_KEYS)] = "pro"
    return item


CALLS: Final = taped(generated_call, length=13 + 1 + 3 * _ITEM_BYTES)
"""Generated uploads."""


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
    return upload_of(upload, *items)


SEQUENCES: Final = taped(sequence, length=1 + 5 * _STEP_BYTES)
"""Generated sequences."""
