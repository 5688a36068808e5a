"""Event times: the users and accounts that an upload of events names, and when first."""

from collections.abc import Iterable
from functools import cache
from operator import attrgetter
from typing import Any, Final, TypeAlias

from mock_server.store.merging import ID_KEYS, TIME_KEYS, changes, earliest
from sandbox.segment.definition import Upload
from sandbox.segment.json_text import parse_json
from sandbox.toplyne import TOPLYNE

Times: TypeAlias = dict[tuple[str, bytes], float | None]
"""Times by kind and id, in order of first appearance."""

_Named: TypeAlias = tuple[tuple[str | None, ...], float | None]
"""The ids of one event, in the order of ID_KEYS, and its time."""

_LARGE: Final = 8192  # from this size on it pays to parse only what is needed


def times_in(upload: Upload, content: bytes) -> Times:
    """Return the users and accounts that an inflated body names, with their earliest times."""
    earliest_of: dict[tuple[str | None, ...], float | None] = {}
    for ids, time in _named(upload, content):
        before = earliest_of.setdefault(ids, time)
        if before is None or (time is not None and time < before):
            earliest_of[ids] = time

    times: Times = {}
    for ids, time in earliest_of.items():
        item = {**dict(zip(ID_KEYS, ids, strict=True)), TIME_KEYS[upload.endpoint.path]: time}
        for change in changes(upload, item, spare_id=b""):
            key = (change.kind, change.id)
            times[key] = earliest(times.get(key), change.time)
    return times


def _named(upload: Upload, content: bytes) -> Iterable[_Named]:
    if len(content) >= _LARGE and (read := _reader(upload.endpoint.path)(content)) is not None:
        return read  # type: ignore[no-any-return]
    items = parse_json(content, max_depth=TOPLYNE.max_depth)[upload.endpoint.envelope]
    time = TIME_KEYS[upload.endpoint.path]
    return [(tuple([item.get(key) for key in ID_KEYS]), item.get(time)) for item in items]


@cache
def _reader(path: str) -> Any:
    """Parse only the ids and the time of each item. Return None if that cannot be done."""
    import msgspec  # noqa: PLC0415 - with the first large body

    upload = TOPLYNE.upload_at(path)
    assert upload is not None, f"there is no upload at {path}"
    fields: list[Any] = [(key, Any, None) for key in (*ID_KEYS, TIME_KEYS[path])]
    item: Any = msgspec.defstruct("Item", fields, gc=False)
    body = msgspec.defstruct("Body", [(upload.endpoint.envelope, list[item])], gc=False)
    decode = msgspec.json.Decoder(body).decode
    listed = attrgetter(upload.endpoint.envelope)
    ids_of, time_of = attrgetter(*ID_KEYS), attrgetter(TIME_KEYS[path])

    def read(content: bytes) -> list[_Named] | None:
        try:
            items = listed(decode(content))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None  # for example a lone surrogate, which JSON allows
        return list(zip(map(ids_of, items), map(time_of, items), strict=True))

    return read
