"""State history: the journal's entries that made a profile or account, and what each changed."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from mock_server.bounds import HISTORY_BYTES
from mock_server.routes import ROUTES
from mock_server.store.database import Row, Store
from mock_server.store.journal_entry import iso_time, plain
from mock_server.store.merging import (
    TIMES_OF,
    Change,
    changes,
    earliest,
    merged,
    tidied,
    time_field,
)
from mock_server.store.state import UPLOAD_OF
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import parse_json
from sandbox.toplyne import TOPLYNE
from sandbox.values import MISSING, Difference, difference

_AT_ONCE: Final = 500
_MOST_CHANGED: Final = 20
_PLAIN_BODY: Final = "CASE WHEN encoding IS NULL THEN body ELSE plain(body, encoding) END"


class Named(NamedTuple):
    """An entry that names a profile or an account, with its item."""

    row: Row
    says: list[Change]


def history(  # noqa: PLR0913 - whose history it is, and how much of it
    store: Store, tenant: int, kind: str, named: dict[str, Json], *, limit: int, changed: bool
) -> tuple[list[dict[str, Json]], bool]:
    """Return the latest entries about a profile or account, oldest first, and if there are more.

    `named` are the ids, as in an item of an upload. Each entry has its changes: path, before and
    after. An event can only change the creation time. With `changed`, entries without a change are
    left out. If there are more entries, the changes of the first may belong to older ones.
    """
    wanted = next(changes(UPLOAD_OF[kind], named, spare_id=b""), None)
    if wanted is None or not wanted.id:
        return [], False
    naming = _naming(store, tenant, kind, wanted.id)
    found = list(_within(HISTORY_BYTES, naming) if changed else islice(naming, limit + 1))
    is_cut = _bytes(found) > HISTORY_BYTES if changed else len(found) > limit
    told = [each for each in _told(kind, reversed(found)) if each["differences"] or not changed]
    return told[-limit:], is_cut or len(told) > limit


def _within(most: int, naming: Iterable[Named]) -> Iterator[Named]:
    """Yield entries until their bodies hold more bytes than may be folded."""
    for each in naming:
        yield each
        most -= _bytes([each])
        if most < 0:
            return


def _bytes(found: Iterable[Named]) -> int:
    return sum(len(each.row[-1]) for each in found)


def changed_by(store: Store, tenant: int, number: int) -> list[dict[str, Json]]:
    """Return what an accepted upload changed, profile by profile, each over what names it here.

    At most the first twenty it holds; of an upload of events, the creation times it set.
    """
    rows = store.read(
        "SELECT number, at, path, status, encoding, body FROM entries"
        " WHERE tenant = ? AND items > 0 AND number = ?",
        (tenant, number),
    )
    kinds = {part: kind for kind, times in TIMES_OF.items() for part in (kind, times)}
    named = dict.fromkeys((kinds[c.kind], c.id) for row in rows for c in _said(row) if c.id)
    changed = list[dict[str, Json]]()
    for kind, wanted in islice(named, _MOST_CHANGED):
        naming = _naming(store, tenant, kind, wanted, before=number + 1)
        *_, last = _told(kind, [*_within(HISTORY_BYTES // _MOST_CHANGED, naming)][::-1])
        name = wanted.partition(b":")[2].decode("utf-8", "surrogatepass")
        changed.append({"kind": kind, "name": name, "differences": last["differences"]})
    return changed


def _naming(
    store: Store, tenant: int, kind: str, wanted: bytes, before: int = 2**62
) -> Iterator[Named]:
    """Yield the entries that name it, those `before` a number, latest first."""
    kinds = {kind, TIMES_OF[kind]}
    while rows := _rows(store, tenant, wanted.partition(b":")[2], before):
        for row in rows:
            says = [c for c in _said(row) if c.id == wanted and c.kind in kinds]
            if says:
                yield Named(row, says)
        before = rows[-1][0]


def _said(row: Row) -> Iterator[Change]:
    upload = ROUTES[row[2]].upload
    if upload is not None:
        *_, encoding, body = row
        value = parse_json(plain(body, encoding), max_depth=TOPLYNE.max_depth)
        for item in value[upload.endpoint.envelope]:
            yield from changes(upload, item, spare_id=b"")


def _told(kind: str, entries: Iterable[Named]) -> Iterator[dict[str, Json]]:
    """Yield entries, oldest first, each with its changes of the profile."""
    upload = UPLOAD_OF[kind]
    item: dict[str, Json] | None = None
    time: float | None = None
    shown: dict[str, Json] = {}
    for row, says in entries:
        before = shown
        for change in says:
            item = item if change.item is None else merged(item, change.item)
            time = earliest(time, change.time)
        if item is not None:
            shown = tidied(upload, {**item, time_field(upload).key: time})
        number, at, path, status, *_ = row
        yield {
            "number": number,
            "at": iso_time(at),
            "path": path,
            "status": status,
            "differences": [_difference(each) for each in difference(before, shown)],
        }


def _difference(found: Difference) -> dict[str, Json]:
    sides = {"before": found.expected, "after": found.found}
    return {"at": [*found.at], **{n: side for n, side in sides.items() if side is not MISSING}}


def _rows(store: Store, tenant: int, text: bytes, before: int) -> list[Row]:
    """Return entries whose body contains a string, or may contain it with escapes."""
    return store.read(
        "SELECT number, at, path, status, encoding, body FROM entries WHERE tenant = ?"  # noqa: S608
        f" AND items > 0 AND number < ? AND (instr({_PLAIN_BODY}, ?) > 0"
        f" OR instr({_PLAIN_BODY}, ?) > 0) ORDER BY number DESC LIMIT ?",
        (tenant, before, text, b"\\", _AT_ONCE),
    )
