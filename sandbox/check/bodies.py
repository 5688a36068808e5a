"""Bodies: generated uploads, most of them right, each member wrong now and then."""

from __future__ import annotations

import json
from typing import Final

from sandbox.check.catalogue import item_of, post
from sandbox.check.http_calls import Call
from sandbox.segment.definition import Field, Upload
from sandbox.segment.javascript import Json
from sandbox.strategies.quirks import any_value
from sandbox.strategies.tape import Tape, taped
from sandbox.toplyne import TOPLYNE

_ITEM_BYTES: Final = 50
_RIGHT: Final[dict[str, tuple[Json, ...]]] = {
    "string": ("u1", "u2", " ", "😀", "5", "a" * 300),
    "datetime": (1612137600, 0, -1, 1612137600.0, 1e9, 4102444800),
    "object": ({}, {"plan": "pro"}, {"a": None, "b": [1, {"c": ""}]}, {"": 1e21}),
}
_OTHER_KEYS: Final = ("plan", "user_id", "UserId", "timeStamp", "id", "properties", "")


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
            item[field.key] = _value(stretch, field)
        elif stretch.chance(4):
            item.pop(field.key, None)
    if tape.chance(5):
        item[tape.pick(_OTHER_KEYS)] = "pro"
    return item


def _value(tape: Tape, field: Field) -> Json:
    return _finite(any_value(tape)) if tape.chance(15) else tape.pick(_RIGHT[field.type])


CALLS: Final = taped(generated_call, length=13 + 1 + 3 * _ITEM_BYTES)
"""Generated uploads."""
