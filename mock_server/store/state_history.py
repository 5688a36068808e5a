"""History: which entries of the journal made a profile or an account what it is."""

from __future__ import annotations

from typing import Final

from mock_server.routes import ROUTES
from mock_server.store.database import Row, Store
from mock_server.store.journal_entry import iso_time, plain
from mock_server.store.merging import TIMES_OF, changes
from mock_server.store.state import UPLOAD_OF
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import parse_json
from sandbox.toplyne import TOPLYNE

_AT_ONCE: Final = 500
_PLAIN_BODY: Final = "CASE WHEN encoding IS NULL THEN body ELSE plain(body, encoding) END"


def history(
    store: Store, tenant: int, kind: str, named: dict[str, Json], *, limit: int
) -> list[dict[str, Json]]:
    """Return the latest entries that changed a profile or account, oldest first.

    `named` are the members that name it, as an item of an upload has them. An event that names it
    is among them, as it may have set the creation time.
    """
    wanted = next(changes(UPLOAD_OF[kind], named, spare_id=b""), None)
    if wanted is None or not wanted.id:
        return []
    found: list[Row] = []
    before = 2**62
    while rows := _rows(store, tenant, wanted.id.partition(b":")[2], before):
        found += [row for row in rows if _names(row, kind, wanted.id)]
        before = rows[-1][0]
        if len(found) >= limit:
            break
    return [
        {"number": number, "at": iso_time(at), "path": path, "status": status}
        for number, at, path, status, *_ in reversed(found[:limit])
    ]


def _rows(store: Store, tenant: int, text: bytes, before: int) -> list[Row]:
    """Return entries in whose body the text stands, or may stand written with a backslash."""
    return store.read(
        "SELECT number, at, path, status, encoding, body FROM entries WHERE tenant = ?"  # noqa: S608
        f" AND items > 0 AND number < ? AND (instr({_PLAIN_BODY}, ?) > 0"
        f" OR instr({_PLAIN_BODY}, ?) > 0) ORDER BY number DESC LIMIT ?",
        (tenant, before, text, b"\\", _AT_ONCE),
    )


def _names(row: Row, kind: str, wanted: bytes) -> bool:
    _, _, path, _, encoding, body = row
    upload = ROUTES[path].upload
    if upload is None:
        return False
    value = parse_json(plain(body, encoding), max_depth=TOPLYNE.max_depth)
    return any(
        change.id == wanted and change.kind in {kind, TIMES_OF[kind]}
        for item in value[upload.endpoint.envelope]
        for change in changes(upload, item, spare_id=b"")
    )
