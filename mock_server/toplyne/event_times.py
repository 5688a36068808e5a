"""Event times: when the events of one accepted body name whom, and the earliest time of each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, TypeAlias

from mock_server.toplyne.merging import changes, earliest
from sandbox.segment.definition import Upload
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import parse_json
from sandbox.toplyne import TOPLYNE

Times: TypeAlias = dict[tuple[str, bytes], float | None]
"""By kind and id, in order of first appearance."""

_LARGE: Final = 8192  # bytes from which on it pays to read no more than is needed


def times_in(upload: Upload, content: bytes) -> Times:
    """Return who is named by the events of a body that was accepted, inflated, and since when."""
    times: Times = {}
    for item in _items(upload, content):
        for change in changes(upload, item, spare_id=b""):
            key = (change.kind, change.id)
            times[key] = earliest(times.get(key), change.time)
    return times


def _items(upload: Upload, content: bytes) -> Iterator[dict[str, Json]]:
    if len(content) >= _LARGE and (read := _named(upload.endpoint.path)(content)) is not None:
        yield from read
        return
    value = parse_json(content, max_depth=TOPLYNE.max_depth)
    yield from value[upload.endpoint.envelope]


@cache
def _named(path: str) -> Any:
    """Return what reads the ids and the time of each item and skips the rest; None: it cannot."""
    import msgspec  # noqa: PLC0415 - with the first large body

    upload = TOPLYNE.upload_at(path)
    assert upload is not None, f"no upload goes to {path}"
    keys = tuple(field.key for field in upload.fields if field.type != "object")
    item = msgspec.defstruct("Item", [(key, Any, None) for key in keys], gc=False)
    envelope = upload.endpoint.envelope
    body = msgspec.defstruct("Body", [(envelope, list[item])], gc=False)  # type: ignore[valid-type]
    decode = msgspec.json.Decoder(body).decode

    def read(content: bytes) -> list[dict[str, Json]] | None:
        try:
            found = getattr(decode(content), envelope)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None  # a lone surrogate, say, which JSON allows
        return [{key: getattr(each, key) for key in keys} for each in found]

    return read
