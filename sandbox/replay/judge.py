"""Judge: map events on both sides, and add the results to a summary.

Only this module calls the mapper. Most events are only counted in their group; the others are
examined no further than necessary.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any, Final

import msgspec

from sandbox.compiled.payload_code import RequestOfPayload
from sandbox.destination import mapper_of
from sandbox.replay.archive import EventAt
from sandbox.replay.groups import EventGroup, Key, key_of, looked_at
from sandbox.replay.job import Job
from sandbox.replay.shards import DIFFERENCES, REJECTED, REQUESTS, RowWriter
from sandbox.replay.tallies import (
    MOST_SHOWN,
    EventPlace,
    Example,
    K,
    ReplaySummary,
    Tallied,
    order_of,
    seed_of,
)
from sandbox.segment.integrations import turned_off
from sandbox.segment.json_text import json_text
from sandbox.segment.not_simulated import NOT_SIMULATED
from sandbox.segment.pipeline import Rejected, Request, Skipped
from sandbox.suspicions import Suspicion, sent_before, suspicious
from sandbox.toplyne import TOPLYNE
from sandbox.values import Path, difference, json_path, members

_MOST_GROUPS: Final = 20_000
_MOST_KEY: Final = 256  # characters of a key in a path
_ENVELOPES: Final = {u.endpoint.path: u.endpoint.envelope for u in TOPLYNE.uploads}


class Judge:
    """Maps events and counts the results in a summary; call `finish` at the end.

    `start` sets the source of the events that follow.
    """

    def __init__(self, job: Job, rows: RowWriter, found: ReplaySummary) -> None:
        """Compile the mappings of both sides into one function of an event."""
        self._job, self._rows, self._found = job, rows, found
        self._mappings = job.mappings
        self._map = mapper_of(self._mappings, job.rules)
        self._groups: dict[Key, EventGroup] = {}
        self.start("")

    def start(self, source: str) -> None:
        """Set the source of the events that follow."""
        self._source, self._seed = source, seed_of(source)

    def take(self, events: Iterable[EventAt]) -> None:
        """Map events on both sides, and count the outcomes."""
        groups, map_event = self._groups, self._map
        add_user, add_account = self._found.users.add, self._found.accounts.add
        for seen in events:
            event = seen[2]
            if event.get("integrations") and turned_off(event, TOPLYNE.name):
                self._found.held_back += 1
                self._group(key_of(event, (Skipped,) * len(self._mappings))).count += 1
                continue
            outcomes: list[Any] = map_event(event)
            key = key_of(event, tuple(map(type, outcomes)))
            group = groups.get(key) or self._group(key)
            group.count += 1
            earlier: list[Request] = []
            for index, is_sure in group.mapped:
                request = outcomes[index].request
                user, account, is_fine = looked_at(request)
                found: tuple[Suspicion, ...] = ()
                add_user(user)
                add_account(account)
                if not (is_sure and is_fine):
                    found = suspicious(request, event, self._mappings[index])
                if group.is_repeated:
                    found += sent_before(request, earlier)
                    earlier.append(request)
                if found:
                    self._suspect(seen, index, request.content, found)
            if group.is_special:
                self._special(seen, group, outcomes)

    def _group(self, key: Key) -> EventGroup:
        if key not in self._groups:
            if len(self._groups) >= _MOST_GROUPS:
                self._fold()
            self._groups[key] = group = EventGroup(key, self._job)
            group.is_special |= bool(group.mapped) and REQUESTS in self._rows.wanted
        return self._groups[key]

    def _fold(self) -> None:
        """Add the counts of the groups to the summary, and start new groups."""
        for group in self._groups.values():
            self._found.days[group.day, group.type] += group.count
            for index, fate in enumerate(group.fates):
                self._found.fates[index, fate] += group.count
            if group.mapped:
                self._found.calls[group.day] += len(group.mapped) * group.count
            for pair in group.called:
                self._found.pairs[pair, "same"] += group.count
        self._groups.clear()

    def _special(self, seen: EventAt, group: EventGroup, outcomes: list[Any]) -> None:
        """Record what few events have: rejections, differing calls, and wanted requests."""
        for index in group.rejected:
            self._rejected(seen, index, outcomes[index])
        for index, _ in group.mapped if REQUESTS in self._rows.wanted else ():
            label = self._job.new.labels[index]
            self._row(REQUESTS, seen, label, {}, request=outcomes[index].request.content)
        for pair, new, old in group.compared:
            after = None if new is None else outcomes[new].request
            before = None if old is None else outcomes[old].request
            if before is None or after is None:
                self._differs(seen, group.day, pair, (before, after))
            elif before.content != after.content and (paths := _changed_paths(before, after)):
                self._differs(seen, group.day, pair, (before, after), paths)

    def _suspect(self, seen: EventAt, index: int, after: bytes, found: Iterable[Suspicion]) -> None:
        self._found.suspicious[index] += 1
        for code in {each.code for each in found}:
            self._tally(self._found.suspicions, (index, code), seen, after=after)

    def _rejected(self, seen: EventAt, index: int, rejected: Rejected) -> None:
        if rejected.code == NOT_SIMULATED:
            self._found.fates[index, "rejected"] -= 1
            self._found.fates[index, "not_simulated"] += 1
        for each in rejected.problems:
            self._tally(self._found.problems, (index, each.path, each.message), seen)
        if REJECTED in self._rows.wanted:
            problems = [members(each, "path", "message") for each in rejected.problems]
            told = {"code": rejected.code, "problems": problems}
            self._row(REJECTED, seen, self._job.new.labels[index], told)

    def _differs(
        self,
        seen: EventAt,
        day: str,
        pair: int,
        sides: tuple[Request | None, Request | None],
        paths: tuple[Path, ...] = (),
    ) -> None:
        """Count a call that only one side makes (the other is None), or that changed at `paths`."""
        found = self._found
        kind = "changed" if paths else "appeared" if sides[0] is None else "vanished"
        before, after = (b"" if each is None else each.content for each in sides)
        found.pairs[pair, kind] += 1
        found.difference_days[day, kind] += 1
        self._tally(found.differences, (pair, kind), seen, before, after)
        if paths:
            found.pairs[pair, "same"] -= 1
        for path in paths:
            self._tally(found.paths, (pair, path), seen, before, after)
        for request in filter(None, sides):
            user, account, _ = looked_at(request)
            found.differing_users.add(user)
            found.differing_accounts.add(account)
        if DIFFERENCES in self._rows.wanted:
            told = {"kind": kind, "paths": [json_path(each) for each in paths]}
            label = self._job.pairs[pair].label
            self._row(DIFFERENCES, seen, label, told, before=before, after=after)

    def _tally(
        self, tallied: Tallied[K], key: K, seen: EventAt, before: bytes = b"", after: bytes = b""
    ) -> None:
        line, item, _ = seen
        example = partial(self._example, seen, before, after)
        tallied.add(key, order_of(self._seed, line, item), example)

    def _example(self, seen: EventAt, before: bytes, after: bytes, order: int) -> Example:
        line, item, event = seen
        texts = (each.decode() for each in (_text(event), before, after))
        shown = (text if len(text) <= MOST_SHOWN else "" for text in texts)
        return Example(order, EventPlace(self._source, line, item), *shown)

    def _row(
        self, collection: str, seen: EventAt, mapping: str, told: dict[str, Any], **requests: bytes
    ) -> None:
        """Write a row: the place, the mapping, what happened, and the whole event."""
        line, item, event = seen
        row = {"source": self._source, "line": line, "item": item, "mapping": mapping, **told}
        if collection != REQUESTS:
            requests["event"] = _text(event)
        parts = [b',"%b":%b' % (key.encode(), text or b"null") for key, text in requests.items()]
        self._rows.add(collection, b"".join((_text(row)[:-1], *parts, b"}")))

    @property
    def events(self) -> int:
        """The number of events so far."""
        return self._found.events + sum(group.count for group in self._groups.values())

    def finish(self) -> None:
        """Add everything that is not yet in the summary."""
        self._fold()
        found = self._found
        for each in (found.users, found.accounts, found.differing_users, found.differing_accounts):
            each.settle()  # here, in parallel, and not where all summaries are added up


def _changed_paths(before: Request, after: Request) -> tuple[Path, ...]:
    """Return the paths at which two requests differ; very long keys are cut, as paths are kept."""
    if type(before) is type(after) is RequestOfPayload and before.path == after.path:
        at = _ENVELOPES[after.path], 0
        found = difference(before.payload, after.payload, at=at)
    else:
        found = difference(before.json, after.json)
    paths = (each.at for each in found)
    return tuple(tuple(k if isinstance(k, int) else k[:_MOST_KEY] for k in at) for at in paths)


def _text(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value)
    except (ValueError, OverflowError, RecursionError):  # lone surrogates, numbers beyond 64 bits
        return json_text(value).encode("utf-8", "surrogatepass")
