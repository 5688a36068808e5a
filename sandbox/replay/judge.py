"""Judging: events through the mappings of both sides, into a summary.

The only place of a replay that asks the mapper. What most events have is counted by group, and no
event is looked at longer than it has to be.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, TypeAlias

import msgspec

from sandbox.compiled.payload_code import RequestOfPayload
from sandbox.destination import mapper_of
from sandbox.replay.archive import Seen
from sandbox.replay.groups import Group, Key, key_of
from sandbox.replay.job import DIFFERENCES, REJECTED, REQUESTS, Job
from sandbox.replay.shards import Rows
from sandbox.replay.shortcuts import looked_at, reads_timestamps
from sandbox.replay.tallies import MOST_SHOWN, Example, Place, Summary, order_of, seed_of
from sandbox.segment.integrations import turned_off
from sandbox.segment.json_text import json_text, parse_json
from sandbox.segment.not_simulated import NOT_SIMULATED
from sandbox.segment.pipeline import Rejected, Request, Skipped
from sandbox.suspicions import Suspicion, sent_before, suspicious
from sandbox.toplyne import IDS, TOPLYNE
from sandbox.values import Json, Path, difference, json_path, members

_MOST_GROUPS: Final = 20_000
_MAX_DEPTH: Final = 720
_IDS: Final = frozenset(IDS)
_ENVELOPES: Final = {u.endpoint.path: u.endpoint.envelope for u in TOPLYNE.uploads}
_decode: Final = msgspec.json.Decoder().decode

Differing: TypeAlias = tuple[int, str, str, tuple[Path, ...]]
"""The number of a pair, how its calls differ, on which day, and where."""


class Judge:
    """What becomes of events, one by one; `finish` completes what is found of all of them.

    `start` tells the source of those that follow.
    """

    def __init__(self, job: Job, rows: Rows, found: Summary) -> None:
        """Make the mappings of both sides, one function of an event."""
        self._rows, self._found = rows, found
        self._keeps_requests = rows.wants(REQUESTS)
        self._labels = job.new.labels
        self._count = len(job.new.mappings)
        self._pairs = [
            pair if pair.old is None else pair._replace(old=self._count + pair.old)
            for pair in job.pairs
        ]
        self._mappings = job.mappings
        self._reads_timestamps = tuple(map(reads_timestamps, self._mappings))
        self._map = mapper_of(self._mappings, job.rules)
        self._groups: dict[Key, Group] = {}
        self.start("")

    def start(self, source: str) -> None:
        """Begin with a source."""
        self._source, self._seed = source, seed_of(source)

    def take(self, events: Iterable[Seen]) -> None:
        """Map events on both sides, and count what comes out."""
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
            for index, is_sure in group.mapped:
                request = outcomes[index].request
                user, account, is_fine = looked_at(request)
                if user:
                    add_user(user)
                if account:
                    add_account(account)
                if not (is_sure and is_fine):
                    found = suspicious(request, event, self._mappings[index])
                    self._suspect(seen, index, request, found)
            if group.is_special:
                self._special(seen, group, outcomes)

    def _group(self, key: Key) -> Group:
        if key not in self._groups:
            if len(self._groups) >= _MOST_GROUPS:
                self._fold()
            self._groups[key] = group = Group(key, self._count, self._reads_timestamps, self._pairs)
            group.is_special |= bool(group.mapped) and self._keeps_requests
        return self._groups[key]

    def _fold(self) -> None:
        """Add what the groups hold to the counts, and start new ones."""
        for group in self._groups.values():
            self._found.days[group.day, group.type] += group.count
            for index, fate in enumerate(group.fates):
                self._found.fates[index, fate] += group.count
            if group.mapped:
                self._found.calls[group.day] += len(group.mapped) * group.count
            for pair in group.called:
                self._found.pairs[pair, "same"] += group.count
        self._groups.clear()

    def _special(self, seen: Seen, group: Group, outcomes: list[Any]) -> None:
        """Look at what few events have: rejections, several requests, and those that differ."""
        for index in group.rejected:
            self._rejected(seen, index, outcomes[index])
        requests = [outcomes[index].request for index, _ in group.mapped]
        for number, (index, _) in enumerate(group.mapped):
            if number:
                found = sent_before(requests[number], requests[:number])
                self._suspect(seen, index, requests[number], found)
            if self._keeps_requests:
                label = self._labels[index]
                self._row(REQUESTS, seen, label, {}, request=requests[number].content)
        for pair, new, old in group.compared:
            after = None if new is None else outcomes[new].request
            before = None if old is None else outcomes[old].request
            if after is None or before is None:
                kind = "appeared" if before is None else "vanished"
                self._differs(seen, (pair, kind, group.day, ()), before, after)
            elif before.content != after.content and (paths := _changed_paths(before, after)):
                self._differs(seen, (pair, "changed", group.day, paths), before, after)

    def _suspect(
        self, seen: Seen, index: int, request: Request, found: tuple[Suspicion, ...]
    ) -> None:
        for code in {each.code for each in found}:
            self._found.suspicions.add((index, code), *self._shown(seen, after=request.content))

    def _rejected(self, seen: Seen, index: int, rejected: Rejected) -> None:
        if rejected.code == NOT_SIMULATED:
            self._found.fates[index, "rejected"] -= 1
            self._found.fates[index, "not_simulated"] += 1
        for problem in rejected.problems:
            key = index, problem.path, problem.message
            self._found.problems.add(key, *self._shown(seen))
        if self._rows.wants(REJECTED):
            problems = [members(each, "path", "message") for each in rejected.problems]
            told = {"code": rejected.code, "problems": problems}
            self._row(REJECTED, seen, self._labels[index], told)

    def _differs(
        self, seen: Seen, differing: Differing, before: Request | None, after: Request | None
    ) -> None:
        pair, kind, day, paths = differing
        found = self._found
        found.pairs[pair, kind] += 1
        found.difference_days[day, kind] += 1
        contents = before.content if before else b"", after.content if after else b""
        shown = self._shown(seen, *contents)
        found.differences.add((pair, kind), *shown)
        if kind == "changed":
            found.pairs[pair, "same"] -= 1
            for path in paths:
                found.paths.add((pair, path), *shown)
        may_move = paths and not all(map(_IDS.isdisjoint, paths))
        for request in (before, after) if may_move else (after or before,):
            assert request is not None, "a call that changed is there before and after"
            user, account, _ = looked_at(request)
            if user:
                found.differing_users.add(user)
            if account:
                found.differing_accounts.add(account)
        if self._rows.wants(DIFFERENCES):
            told = {"kind": kind, "paths": [json_path(each) for each in paths]}
            label = self._pairs[pair].label
            self._row(DIFFERENCES, seen, label, told, before=contents[0], after=contents[1])

    def _shown(
        self, seen: Seen, before: bytes = b"", after: bytes = b""
    ) -> tuple[int, Callable[[int], Example]]:
        order = order_of(self._seed, seen[0], seen[1])
        return order, partial(self._example, seen, before, after)

    def _example(self, seen: Seen, before: bytes, after: bytes, order: int) -> Example:
        texts = (_text(_whole(seen)), before.decode(), after.decode())
        shown = (text if len(text) <= MOST_SHOWN else "" for text in texts)
        return Example(order, Place(self._source, seen[0], seen[1]), *shown)

    def _row(
        self, collection: str, seen: Seen, mapping: str, told: dict[str, Any], **requests: bytes
    ) -> None:
        """Keep a row: the place, the mapping, what is told of it, and the whole event."""
        line, item, *_ = seen
        row = {"source": self._source, "line": line, "item": item, "mapping": mapping, **told}
        if collection != REQUESTS:
            requests["event"] = _text(_whole(seen)).encode("utf-8", "surrogatepass")
        parts = [b',"%b":%b' % (key.encode(), text or b"null") for key, text in requests.items()]
        head = _text(row)[:-1].encode("utf-8", "surrogatepass")
        self._rows.add(collection, b"".join((head, *parts, b"}")))

    @property
    def events(self) -> int:
        """How many events were taken so far."""
        return self._found.events + sum(group.count for group in self._groups.values())

    def finish(self) -> None:
        """Add all that is not yet in what was found."""
        self._fold()
        found = self._found
        for each in (found.users, found.accounts, found.differing_users, found.differing_accounts):
            each.settle()  # here and not where all summaries meet


def _changed_paths(before: Request, after: Request) -> tuple[Path, ...]:
    if type(before) is type(after) is RequestOfPayload and before.path == after.path:
        at = _ENVELOPES[after.path], 0
        return tuple(each.at for each in difference(before.payload, after.payload, at=at))
    return tuple(each.at for each in difference(_value(before.content), _value(after.content)))


def _value(content: bytes) -> Any:
    try:
        return _decode(content)
    except (msgspec.MsgspecError, ValueError, RecursionError):  # as in `_text`
        return parse_json(content, max_depth=_MAX_DEPTH)


def _whole(seen: Seen) -> Json:
    """Return the event with all its members."""
    return _value(seen[3]) if seen[3] else seen[2]


def _text(value: Json) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except (ValueError, OverflowError, RecursionError):  # lone surrogates, numbers beyond 64 bits
        return json_text(value)
