"""Catalogue: the calls every server is asked first, for each rule the plainest that touches it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from sandbox.check.http_calls import JSON_TYPE, KEY, Call
from sandbox.contract.schemas import example_of, stand_ins
from sandbox.segment.definition import Upload
from sandbox.segment.javascript import Json
from sandbox.toplyne import TOPLYNE

_WRONG: Final[dict[str, tuple[Json, ...]]] = {
    "string": (5, True, None, ["u1"], {"id": "u1"}, ""),
    "datetime": (
        "2021-02-01T00:00:00Z",
        "1612137600",
        None,
        True,
        [1],
        {},
        1.5,
        2**63,
        -(2**63) - 1,
    ),
    "object": ("text", 5, None, [], [{}], True),
}
_RAW: Final = (
    b"", b" \n", b"{", b"null", b"5", b'"events"', b"[]", b"{}", b"events", b"{'events':[]}",
    b'{"events":[],}', b'{"events":[/* none */]}', b'\xef\xbb\xbf{"events":[]}',
    b'{"events":"\xff"}', b"[" * 2000 + b"]" * 2000, b"<events/>", b"events=%5B%5D",
)  # fmt: skip
_NO_KEY: Final = (None, "", "Bearer", f"Basic {KEY}", f"Token {KEY}", "nonsense")
_NOWHERE: Final = ("/upload", "/upload/nothing", "/upload/users", "/auth", "/nothing")


def catalogue(*, foreign_key: str) -> Iterator[Call]:
    """Yield the calls; `foreign_key` is a key the server does not know."""
    yield Call("GET", TOPLYNE.auth_path, headers=())
    for upload in TOPLYNE.uploads:
        yield from _right(upload)
    yield from _authorization(foreign_key)
    yield from _routes()
    for upload in TOPLYNE.uploads:
        yield from _wrong_items(upload)
        yield from _wrong_bodies(upload)
    yield from _no_json(TOPLYNE.uploads[0])
    yield from _encodings(TOPLYNE.uploads[0])
    yield from _limits(TOPLYNE.uploads[0])


def post(upload: Upload, body: Json, *, shows: str = "") -> Call:
    """Return the call that uploads a body."""
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    content = text.encode("utf-8", "surrogatepass")
    return Call("POST", upload.endpoint.path, content, shows=shows)


def item_of(upload: Upload, *, whole: bool = False) -> dict[str, Json]:
    """Return the smallest item the upload takes under both rules, or one with every field."""
    needed = {field.key for field in upload.fields if field.required}
    needed |= {pair[0] for pair in stand_ins(upload)[:1]}
    return {f.key: example_of(f) for f in upload.fields if whole or f.key in needed}


def _right(upload: Upload) -> Iterator[Call]:
    envelope, item = upload.endpoint.envelope, item_of(upload)
    yield post(upload, {envelope: [item]})
    yield post(upload, {envelope: [item_of(upload, whole=True)]})
    yield post(upload, {envelope: [item, item_of(upload, whole=True)]}, shows="list-size")
    for key, other in stand_ins(upload)[:1]:
        kept = {name: value for name, value in item.items() if name != key}
        yield post(upload, {envelope: [{**kept, other: "a1"}]}, shows="id-required")
    time = next(field.key for field in upload.fields if field.type == "datetime")
    for value in (0, -1, 1e9, 2**53 + 1, 2**63 - 1):
        yield post(upload, {envelope: [{**item, time: value}]}, shows="time-range")


def _authorization(foreign_key: str) -> Iterator[Call]:
    upload = TOPLYNE.uploads[0]
    right = post(upload, {upload.endpoint.envelope: [item_of(upload)]})
    for call in (Call("GET", TOPLYNE.auth_path, headers=()), right):
        for value in _NO_KEY:
            yield replace(call, authorization=value)
        yield replace(call, authorization=f"Bearer {foreign_key}")
    for other in TOPLYNE.uploads[1:]:
        call = post(other, {other.endpoint.envelope: [item_of(other)]})
        yield replace(call, authorization=None)
        yield replace(call, authorization=f"Bearer {foreign_key}")


def _routes() -> Iterator[Call]:
    for path in _NOWHERE:
        yield Call("GET", path, headers=())
        yield Call("POST", path, b"{}")
    for method in ("POST", "PUT", "DELETE"):
        yield Call(method, TOPLYNE.auth_path, b"{}")
    for upload in TOPLYNE.uploads:
        yield Call("GET", upload.endpoint.path, headers=())
        for method in ("PUT", "PATCH", "DELETE"):
            yield Call(method, upload.endpoint.path, b"{}")


def _wrong_items(upload: Upload) -> Iterator[Call]:
    envelope, item = upload.endpoint.envelope, item_of(upload)
    right = {envelope: [item]}
    for field in upload.fields:
        for value in _WRONG[field.type]:
            yield post(upload, {envelope: [{**item, field.key: value}]})
        if field.required or field.key in item:
            less = {key: value for key, value in item.items() if key != field.key}
            yield post(upload, {envelope: [less]})
    yield post(upload, {envelope: [{**item, "plan": "pro"}]})
    yield post(upload, {envelope: [{**item, upload.fields[0].key.lower(): "u1"}]})
    for bad in (None, 5, "text", [], [item]):
        yield post(upload, {envelope: [bad]})
    for items in ([item, {}], [{}, item], [item, item, {**item, "plan": "pro"}]):
        yield post(upload, {**right, envelope: items}, shows="all-or-nothing")


def _wrong_bodies(upload: Upload) -> Iterator[Call]:
    envelope, item = upload.endpoint.envelope, item_of(upload)
    bodies: tuple[Json, ...] = (
        item, [item], {envelope: item}, {envelope: None}, {envelope: "text"}, {envelope: []},
        {"items": [item]}, {envelope: [item], "source": "web"}, {},
    )  # fmt: skip
    for body in bodies:
        yield post(upload, body)


def _no_json(upload: Upload) -> Iterator[Call]:
    envelope, item = upload.endpoint.envelope, item_of(upload)
    for raw in _RAW:
        yield Call("POST", upload.endpoint.path, raw)
    whole = post(upload, {envelope: [item]})
    for raw in (whole.body[:-3], whole.body * 2, whole.body.replace(b"1612137600", b"NaN")):
        yield replace(whole, body=raw)


def _encodings(upload: Upload) -> Iterator[Call]:
    call = post(upload, {upload.endpoint.envelope: [item_of(upload)]})
    packed = gzip.compress(call.body, mtime=0)
    zipped = (JSON_TYPE, ("Content-Encoding", "gzip"))
    yield replace(call, body=packed, headers=zipped, shows="content-encoding")
    for body in (call.body, packed[:-6], packed + b"more"):
        yield replace(call, body=body, headers=zipped)
    yield replace(call, body=packed)
    yield replace(call, headers=(JSON_TYPE, ("Content-Encoding", "br")))
    for name in ("application/json; charset=utf-8", "application/vnd.api+json"):
        yield replace(call, headers=(("Content-Type", name),), shows="content-type")
    for name in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
        yield replace(call, headers=(("Content-Type", name),))
    yield replace(call, headers=())


def _limits(upload: Upload) -> Iterator[Call]:
    envelope, item = upload.endpoint.envelope, item_of(upload)
    most = TOPLYNE.max_items
    for each in TOPLYNE.uploads:
        full = {each.endpoint.envelope: [item_of(each)] * most}
        yield post(each, full, shows="list-size")
    yield post(upload, {envelope: [item] * (most + 1)})
    field = next(field.key for field in upload.fields if field.type == "object")
    large = {envelope: [{**item, field: {"text": "x" * TOPLYNE.max_body}}]}
    yield post(upload, large)
