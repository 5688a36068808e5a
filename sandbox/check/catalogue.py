"""Catalogue: the calls that test a server: the plainest for each rule, then generated ones.

The generated calls are uploads, most of them right, and sequences that lead to a state.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Final, cast

from sandbox.check.http_calls import (
    AUTHORIZED,
    CHUNKED,
    JSON_TYPE,
    KEY,
    OWN,
    Calls,
    HttpCall,
    body_of,
)
from sandbox.contract.schemas import example_of, stand_ins
from sandbox.segment.definition import Upload
from sandbox.strategies.quirks import any_value
from sandbox.strategies.tape import Tape, taped
from sandbox.toplyne import ACCOUNT_ID, ANONYMOUS_ID, EVENT_NAME, TOPLYNE, USER_ID
from sandbox.values import Json

_TABLES: Final = json.loads(Path(__file__).with_name("catalogue.json").read_text(encoding="utf-8"))
_RIGHT: Final[dict[str, list[Json]]] = _TABLES["right"]
_RIGHT["string"].append("a" * 300)
_RIGHT["object"] += [
    {"list": [0] * 101}, {f"k{n}": n for n in range(60)}, {"text": "x" * 1100},
    json.loads('{"a":' * 25 + "1" + "}" * 25),
]  # fmt: skip
_RAW: Final = (*(text.encode() for text in _TABLES["raw"]), b"[" * 2000 + b"]" * 2000)
_NOT_JSON: Final = [[part.encode("latin-1") for part in pair] for pair in _TABLES["not_json"]]
"""Replacements that make a right body invalid JSON which lenient parsers accept."""

_ZIPPED, *_ZIPPED_TOO = (
    (JSON_TYPE, ("Content-Encoding", coding)) for coding in ("gzip", "GZIP", "x-gzip")
)
_AUTH: Final = HttpCall("GET", TOPLYNE.auth_path, headers=())
_BAD_KEYS: Final = (
    None, "", "Bearer", f"Basic {KEY}", f"Token {KEY}", "nonsense",
    "Bearer tok_of_nobody_at_all", f"{AUTHORIZED}x",
)  # fmt: skip
_ITEM_BYTES: Final = 50
_STEP_BYTES: Final = 16


def catalogue() -> Iterator[HttpCall]:
    """Yield the calls, each with the rule it tests."""
    first = TOPLYNE.uploads[0]
    yield _AUTH
    for upload in TOPLYNE.uploads:
        yield from _right(upload)
    yield from _authorization()
    yield from _routes()
    for upload in TOPLYNE.uploads:
        yield from _wrong_items(upload)
        yield from _wrong_bodies(upload)
    whole = upload_of(first, item_of(first))
    lenient = (whole.body.replace(*each) for each in _NOT_JSON)
    for raw in (*_RAW, *lenient, whole.body[:-3], whole.body * 2):
        yield replace(whole, body=raw)
    yield from _encodings(whole)
    yield from _limits(first)


def post(upload: Upload, body: Json, *, shows: str = "") -> HttpCall:
    """Return the call that uploads a body."""
    return HttpCall("POST", upload.endpoint.path, body_of(body), shows=shows)


def upload_of(upload: Upload, *items: Json, shows: str = "") -> HttpCall:
    """Return the call that uploads these items."""
    return post(upload, {upload.endpoint.envelope: list(items)}, shows=shows)


def item_of(upload: Upload, *, whole: bool = False) -> dict[str, Json]:
    """Return the smallest item that both rules accept, or with `whole` one with every field."""
    needed = {field.key for field in upload.fields if field.required}
    needed |= {pair[0] for pair in stand_ins(upload)[:1]}
    return {f.key: example_of(f) for f in upload.fields if whole or f.key in needed}


def _without(item: dict[str, Json], key: str) -> dict[str, Json]:
    return {name: value for name, value in item.items() if name != key}


def _right(upload: Upload) -> Iterator[HttpCall]:
    item = item_of(upload)
    yield upload_of(upload, item)
    yield upload_of(upload, item_of(upload, whole=True))
    yield upload_of(upload, item, item, shows="list-size")
    for key, other in stand_ins(upload)[:1]:
        yield upload_of(upload, {**_without(item, key), other: "a1"}, shows="id-required")
    for field in upload.fields:
        shows = "time-range" if field.type == "datetime" else ""
        for value in _RIGHT[field.type]:
            yield upload_of(upload, {**item, field.key: value}, shows=shows)


def _authorization() -> Iterator[HttpCall]:
    uploads = (upload_of(upload, item_of(upload)) for upload in TOPLYNE.uploads)
    for call in (_AUTH, *uploads):
        for value in _BAD_KEYS:
            yield replace(call, authorization=value)
    yield replace(_AUTH, authorization=f"bearer {KEY}", shows="token-missing")


def _routes() -> Iterator[HttpCall]:
    yield replace(_AUTH, method="HEAD", shows="method-allowed")
    for path in (*_TABLES["no_paths"], f"{TOPLYNE.uploads[0].endpoint.path}/"):
        yield HttpCall("GET", path, headers=())
        yield HttpCall("POST", path, b"{}")
    for method in ("POST", "PUT", "DELETE"):
        yield HttpCall(method, TOPLYNE.auth_path, b"{}")
    for upload in TOPLYNE.uploads:
        yield HttpCall("GET", upload.endpoint.path, headers=())
        for method in ("PUT", "PATCH", "DELETE"):
            yield HttpCall(method, upload.endpoint.path, b"{}")


def _wrong_items(upload: Upload) -> Iterator[HttpCall]:
    item = item_of(upload)
    for field in upload.fields:
        for value in _TABLES["wrong"][field.type]:
            yield upload_of(upload, {**item, field.key: value})
        if field.required or field.key in item:
            yield upload_of(upload, _without(item, field.key))
    ids = stand_ins(upload)[:1]
    half = [{**item, key: wrong, other: "a1"} for key, other in ids for wrong in (None, "")]
    unknown = {**item, "plan": "pro"}
    lower = {**item, upload.fields[0].key.lower(): "u1"}
    no_items: tuple[Json, ...] = (*half, unknown, lower, None, 5, "text", [], [item])
    for bad in no_items:
        yield upload_of(upload, bad)
    for items in ([item, {}], [{}, item], [item, item, unknown]):
        yield upload_of(upload, *items, shows="all-or-nothing")


def _wrong_bodies(upload: Upload) -> Iterator[HttpCall]:
    envelope, item = upload.endpoint.envelope, item_of(upload)
    bodies: tuple[Json, ...] = (
        item, [item], {envelope: item}, {envelope: None}, {envelope: "text"}, {envelope: []},
        {"items": [item]}, {envelope: [item], "source": "web"}, {},
    )  # fmt: skip
    for body in bodies:
        yield post(upload, body)


def _encodings(call: HttpCall) -> Iterator[HttpCall]:
    packed = gzip.compress(call.body, mtime=0)
    for headers in (_ZIPPED, *_ZIPPED_TOO):
        yield replace(call, body=packed, headers=headers, shows="content-encoding")
    for body in (call.body, packed[:-6], packed + b"more"):
        yield replace(call, body=body, headers=_ZIPPED)
    yield replace(call, body=packed)
    yield replace(call, headers=(JSON_TYPE, ("Content-Encoding", "br")))
    for name in _TABLES["json_types"]:
        yield replace(call, headers=(("Content-Type", name),), shows="content-type")
    for name in _TABLES["other_types"]:
        yield replace(call, headers=(("Content-Type", name),))
    yield replace(call, headers=())
    yield replace(call, path=f"{call.path}?from=check", shows="path-known")
    yield replace(call, headers=(JSON_TYPE, CHUNKED), shows="request-readable")


def _limits(upload: Upload) -> Iterator[HttpCall]:
    for each in TOPLYNE.uploads:
        most = [item_of(each)] * TOPLYNE.max_items
        yield upload_of(each, *most, shows="list-size")
        yield upload_of(each, *most, most[0])
    small = upload_of(upload, item_of(upload))
    for size in (TOPLYNE.max_body, TOPLYNE.max_body + 1):  # blanks, as the server keeps the item
        whole = small.body.ljust(size)
        yield replace(small, body=whole, shows="body-size")
        yield replace(small, body=gzip.compress(whole, mtime=0), headers=_ZIPPED, shows="body-size")


def generated_call(tape: Tape) -> HttpCall:
    """Make an upload: an envelope of one to three items, now and then something else."""
    upload = tape.pick(TOPLYNE.uploads)
    odd = tape.stretch(12)
    count = 1 + tape.below(3)
    items: list[Json] = [_item(tape.stretch(_ITEM_BYTES), upload) for _ in range(count)]
    body: dict[str, Json] = {upload.endpoint.envelope: items}
    if odd.chance(4):
        items[-1] = _finite(any_value(odd))
    elif odd.chance(4):
        body[odd.pick(_TABLES["other_keys"])] = _finite(any_value(odd))
    elif odd.chance(4):
        return post(upload, _finite(any_value(odd, 3)))
    return post(upload, body)


def _finite(made: Json) -> Json:
    """Return a value as UTF-8 JSON can hold it; a lone surrogate becomes `?`."""
    text = json.dumps(made, ensure_ascii=False).encode("utf-8", "replace").decode()
    return cast("Json", json.loads(text))


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
        item[tape.pick(_TABLES["other_keys"])] = "pro"
    return item


CALLS: Final = taped(lambda tape: Calls((generated_call(tape),)), length=13 + 1 + 3 * _ITEM_BYTES)
"""Generated uploads."""


def sequence(tape: Tape) -> Calls:
    """Make two to five uploads about one user and one account; now and then one is wrong."""
    steps = (_step(tape.stretch(_STEP_BYTES)) for _ in range(2 + tape.below(4)))
    return Calls(tuple(steps), "state")


def _step(tape: Tape) -> HttpCall:
    upload = tape.pick(TOPLYNE.uploads)
    items = [_own_item(tape, upload) for _ in range(tape.pick((1, 1, 2)))]
    if tape.chance(8):
        items.append({**items[0], "plan": "unknown"})
    return upload_of(upload, *items)


def _own_item(tape: Tape, upload: Upload) -> dict[str, Json]:
    user, visitor, account = USER_ID.key, ANONYMOUS_ID.key, ACCOUNT_ID.key
    named = tape.pick(((user,), (visitor,), (user, visitor)))
    ids = named if user in upload.ids else (account,)
    item: dict[str, Json] = {key: f"{key[0]}-{OWN}" for key in ids}
    for field in upload.fields:
        if field.key == EVENT_NAME.key:
            item[field.key] = tape.pick(_TABLES["names"])
        elif field.type == "datetime":
            item[field.key] = tape.pick(_TABLES["times"])
        elif field.key == account and tape.chance(30):
            item[field.key] = f"a-{OWN}"
        elif field.type == "object" and tape.chance(70):
            item[field.key] = tape.pick(_TABLES["objects"])
    return item


SEQUENCES: Final = taped(sequence, length=1 + 5 * _STEP_BYTES)
"""Generated sequences."""


def _own_uploads(number: int) -> Iterator[HttpCall]:
    """Yield an upload to each endpoint, about a user and an account of this number."""
    for upload in TOPLYNE.uploads:
        item = item_of(upload)
        ids = {key: f"{key[0]}{number}-{OWN}" for key in (USER_ID.key, ACCOUNT_ID.key)}
        yield upload_of(upload, item | {key: ids[key] for key in item.keys() & ids.keys()})


TOGETHER: Final = Calls(tuple(chain.from_iterable(map(_own_uploads, range(4)))), "together")
"""Right uploads that are sent at once, each about another user or account."""
