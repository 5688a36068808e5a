"""State history: the entries that name a profile or account, and what each of them changed."""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, TypeAlias

from mock_server.bounds import HISTORY_BYTES
from mock_server.store import merging
from mock_server.store.database import NO_END, Span, Store
from mock_server.store.journal_entry import EntryRow, holding_rows, iso_time, page_rows
from mock_server.store.merging import StateChange
from mock_server.store.state import UPLOAD_OF
from sandbox.segment.json_text import packed
from sandbox.values import MISSING, Difference, Json, listed_differences

_ACCEPTED: Final = ("items > 0", ())
_MOST_CHANGED: Final = 20


_Named: TypeAlias = tuple[EntryRow[int], list[StateChange]]
"""An entry that names a profile or an account, with the changes it makes to it."""


def history(  # noqa: PLR0913 - whose history it is, and how much of it
    store: Store, tenant: int, kind: str, named: dict[str, Json], *, limit: int, changed: bool
) -> tuple[list[dict[str, object]], bool]:
    """Return the latest entries about a profile or account, oldest first, and if there are more.

    `named` has the ids, as an item of an upload does. Each entry has its changes: path, before and
    after. An event can only change the creation time. With `changed`, entries without a change are
    left out. If there are more entries, the changes of the first one may include older ones.
    """
    wanted = next(merging.changes(UPLOAD_OF[kind], named, spare_id=b""), None)
    if wanted is None or not wanted.id:
        return [], False
    naming = _naming(store, tenant, kind, wanted.id)
    within = _within(HISTORY_BYTES, naming)
    found = list(within if changed else islice(within, limit + 1))
    is_cut = sum(len(row.content) for row, _ in found) > HISTORY_BYTES
    every = _told(kind, reversed(found))
    told, is_left = _latest(each for each in every if each["differences"] or not changed)
    return told[-limit:], is_cut or is_left or len(told) > limit


def _latest(told: Iterable[dict[str, object]]) -> tuple[list[dict[str, object]], bool]:
    """Return the last entries, up to HISTORY_BYTES in all, and if earlier ones are left out."""
    kept, size, is_left = deque[tuple[dict[str, object], int]](), 0, False
    for each in told:
        kept.append((each, len(packed(each))))
        size += kept[-1][1]
        while size > HISTORY_BYTES and len(kept) > 1:
            size -= kept.popleft()[1]
            is_left = True
    return [each for each, _ in kept], is_left


def _within(most: int, naming: Iterable[_Named]) -> Iterator[_Named]:
    """Yield entries until their bodies are longer than `most` bytes in all."""
    for row, says in naming:
        yield row, says
        most -= len(row.content)
        if most < 0:
            return


def changed_by(store: Store, tenant: int, number: int) -> list[dict[str, object]]:
    """Return the changes that an accepted upload made to each profile, up to the first twenty.

    An upload of events can only change creation times.
    """
    only = Span(after=number - 1, before=number + 1)
    rows = page_rows(store, (tenant,), _ACCEPTED, only)
    kinds = {part: kind for kind, times in merging.TIMES_OF.items() for part in (kind, times)}
    said = [change for row in rows for change in merging.changes_of(row)]
    named = dict.fromkeys((kinds[c.kind], c.id) for c in said if not c.id.startswith(b"entry:"))
    changed = list[dict[str, object]]()
    for kind, wanted in islice(named, _MOST_CHANGED):
        naming = _naming(store, tenant, kind, wanted, before=number + 1)
        *_, last = _told(kind, [*_within(HISTORY_BYTES // _MOST_CHANGED, naming)][::-1])
        name = wanted.partition(b":")[2].decode("utf-8", "surrogatepass")
        changed.append({"kind": kind, "name": name, "differences": last["differences"]})
    return changed


def _naming(
    store: Store, tenant: int, kind: str, wanted: bytes, before: int = NO_END
) -> Iterator[_Named]:
    """Yield the entries `before` a number that name the profile, latest first."""
    kinds, text = {kind, merging.TIMES_OF[kind]}, wanted.partition(b":")[2]
    every = Span(limit=NO_END, descending=True, before=before)
    # a body with a backslash may have the id in escaped form
    holding = holding_rows(store, (tenant,), _ACCEPTED, every, (text, b"\\"))
    for row in holding:
        says = [c for c in merging.changes_of(row) if c.id == wanted and c.kind in kinds]
        if says:
            yield row, says


def _told(kind: str, entries: Iterable[_Named]) -> Iterator[dict[str, object]]:
    """Yield entries, oldest first, each with the changes it made to the profile."""
    upload = UPLOAD_OF[kind]
    item: dict[str, Json] | None = None
    time: float | None = None
    shown: dict[str, Json] = {}
    for row, says in entries:
        before = shown
        for change in says:
            item = merging.merge(item, change.item)
            time = merging.earliest(time, change.time)
        if item is not None:
            shown = merging.shown_profile(upload, item, time)
        yield {
            "number": row.number,
            "at": iso_time(row.at),
            "path": row.path,
            "status": row.status,
            "differences": [_difference(each) for each in listed_differences(before, shown)],
        }


def _difference(found: Difference) -> dict[str, object]:
    sides = {"before": found.expected, "after": found.found}
    return {"at": [*found.at], **{n: side for n, side in sides.items() if side is not MISSING}}
