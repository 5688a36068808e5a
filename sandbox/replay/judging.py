"""Judging: one event after another through the mappings of both sides, into a summary.

The only place of a replay that asks the mapper.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Final

import msgspec

from sandbox.destination import mapper_of
from sandbox.replay.archive import Seen
from sandbox.replay.groups import Group, Key, key_of
from sandbox.replay.job import DIFFERENCES, REJECTED, REQUESTS, Job
from sandbox.replay.lean_events import lean_decoder
from sandbox.replay.mapping_lists import pair_labels, paired
from sandbox.replay.rows import Rows
from sandbox.replay.summary import Summary
from sandbox.replay.surely_fine import looked_at, reads_timestamps
from sandbox.replay.tallies import MOST_SHOWN, Example, Place, Tally, order_of, seed_of
from sandbox.segment.integrations import turned_off
from sandbox.segment.json_text import json_text, parse_json
from sandbox.segment.not_simulated import NOT_SIMULATED
from sandbox.segment.pipeline import Mapped, Rejected, Request, Skipped
from sandbox.suspicions import Suspicion, sent_before, suspicious
from sandbox.toplyne import IDS, TOPLYNE
from sandbox.values import Json, Path, difference, json_path

_MOST_GROUPS: Final = 20_000
_MOST_DIFFERING: Final = 1_000
_MAX_DEPTH: Final = 720
_WORDS: Final = {Mapped: "mapped", Skipped: "skipped", Rejected: "rejected"}
_IDS: Final = frozenset(IDS)
_decode: Final = msgspec.json.Decoder().decode


class Judge:
    """What becomes of events, one by one; `finished` tells of all of them.

    `start` tells the source of those that follow; `decode` gives as much of them as is looked at.
    """

    def __init__(self, job: Job, rows: Rows) -> None:
        """Make the mappings of both sides."""
        self._rows = rows
        self._labels = job.new.labels
        self._new = tuple(each.made() for each in job.new.mappings)
        self._reads_timestamps = tuple(map(reads_timestamps, self._new))
        pairs = paired(job.new.mappings, job.old.mappings) if job.old else ()
        self._same = [(n, pair.new) for n, pair in enumerate(pairs) if pair.is_identical]
        open_pairs = [(n, pair) for n, pair in enumerate(pairs) if not pair.is_identical]
        kept = [pair.old for _, pair in open_pairs if pair.old is not None]
        old = job.old.mappings if job.old else ()
        self._map_new = mapper_of(self._new, job.rules)
        compared = [old[index].made() for index in kept]
        self._map_old = mapper_of(compared, job.rules)
        self.decode = lean_decoder((*self._new, *compared))
        self._open = tuple(
            (n, pair.new, None if pair.old is None else kept.index(pair.old))
            for n, pair in open_pairs
        )
        self._pair_labels = pair_labels(job.new, job.old)
        self._keeps_requests = rows.wants(REQUESTS)
        self._groups: dict[Key, Group] = {}
        self._done = Summary()
        self._add_user, self._add_account = self._done.users.add, self._done.accounts.add
        self._differing: dict[tuple[int, str, str, tuple[Path, ...]], Tally] = {}
        self._events = self._held_back = 0
        self.start("")

    def start(self, source: str) -> None:
        """Begin with a source."""
        self._source, self._seed = source, seed_of(source)

    def take(self, seen: Seen) -> None:
        """Map one event on both sides, and count what comes out."""
        event = seen[2]
        if event.get("integrations") and turned_off(event, TOPLYNE.name):
            self._held_back += 1
            self._group(key_of(event, (Skipped,) * len(self._new))).count += 1
            return

        outcomes: list[Any] = self._map_new(event)
        key = key_of(event, tuple(map(type, outcomes)))
        group = self._groups.get(key) or self._group(key)
        group.count += 1
        for index in group.mapped:
            request = outcomes[index].request
            user, account, is_fine = looked_at(request.content)
            if user:
                self._add_user(user)
            if account:
                self._add_account(account)
            if not (is_fine and group.has_common_time and self._reads_timestamps[index]):
                self._suspect(seen, index, request, suspicious(request, event, self._new[index]))
        if group.is_special or self._keeps_requests:
            self._special(seen, group, outcomes)
        if self._open:
            self._compare(seen, outcomes, group.day)

    def _group(self, key: Key) -> Group:
        if key not in self._groups:
            if len(self._groups) >= _MOST_GROUPS:
                self._fold()
            self._groups[key] = Group(key)
        return self._groups[key]

    def _fold(self) -> None:
        """Add what the groups hold to the counts, and start new ones."""
        for group in self._groups.values():
            self._done.days[group.day, group.type] += group.count
            for index, each in enumerate(group.outcomes):
                self._done.fates[index, _WORDS[each]] += group.count
            if group.mapped:
                self._done.calls[group.day] += len(group.mapped) * group.count
            self._events += group.count
        self._groups.clear()

    def _special(self, seen: Seen, group: Group, outcomes: list[Any]) -> None:
        """Look at what few events have, rejections and several requests, and keep requests."""
        for index in group.rejected:
            self._rejected(seen, index, outcomes[index])
        earlier: list[Request] = []
        for index in group.mapped:
            request = outcomes[index].request
            self._suspect(seen, index, request, sent_before(request, earlier))
            earlier.append(request)
            if self._keeps_requests:
                self._row(REQUESTS, seen, self._labels[index], after=request.content)

    def _suspect(
        self, seen: Seen, index: int, request: Request, found: tuple[Suspicion, ...]
    ) -> None:
        for code in {each.code for each in found}:
            example = partial(self._example, seen, b"", request.content)
            self._done.suspicions.add((index, code), self._order(seen), example)

    def _rejected(self, seen: Seen, index: int, rejected: Rejected) -> None:
        if rejected.code == NOT_SIMULATED:
            self._done.fates[index, "rejected"] -= 1
            self._done.fates[index, "not_simulated"] += 1
        for problem in rejected.problems:
            key = index, problem.path, problem.message
            example = partial(self._example, seen, b"", b"")
            self._done.problems.add(key, self._order(seen), example)
        if self._rows.wants(REJECTED):
            problems = [{"path": p.path, "message": p.message} for p in rejected.problems]
            told = {"code": rejected.code, "problems": problems}
            self._row(REJECTED, seen, self._labels[index], **told)

    def _compare(self, seen: Seen, outcomes: list[Any], day: str) -> None:
        old: list[Any] = self._map_old(seen[2])
        for pair, new_index, old_index in self._open:
            after, before = _content(outcomes, new_index), _content(old, old_index)
            paths: tuple[Path, ...] = ()
            if before == after:
                kind = "same" if after else ""
            elif before and after:
                paths = _changed_paths(before, after)
                kind = "changed" if paths else "same"
            else:
                kind = "appeared" if after else "vanished"
            if kind:
                self._done.pairs[pair, kind] += 1
            if kind not in {"", "same"}:
                self._differs(seen, (pair, kind, day, paths), before, after)

    def _differs(
        self,
        seen: Seen,
        key: tuple[int, str, str, tuple[Path, ...]],
        before: bytes,
        after: bytes,
    ) -> None:
        tally = self._differing.get(key)
        if tally is None:
            if len(self._differing) >= _MOST_DIFFERING:
                self._fold_differences()
            tally = self._differing[key] = Tally()
        tally.count += 1
        order = self._order(seen)
        if order <= tally.bar:
            example = self._example(seen, before, after, order)
            self._differing[key] = Tally(tally.count, (*tally.examples, example))
        done = self._done
        is_of_one = all(_IDS.isdisjoint(path) for path in key[3])
        for content in (after or before,) if is_of_one else (before, after):
            user, account, _ = looked_at(content)
            if user:
                done.differing_users.add(user)
            if account:
                done.differing_accounts.add(account)
        if self._rows.wants(DIFFERENCES):
            told = {"kind": key[1], "paths": [json_path(each) for each in key[3]]}
            label = self._pair_labels[key[0]]
            self._row(DIFFERENCES, seen, label, before=before, after=after, **told)

    def _fold_differences(self) -> None:
        """Add what differences were found to the tallies, and start new ones."""
        for (pair, kind, day, paths), tally in self._differing.items():
            self._done.difference_days[day, kind] += tally.count
            self._done.differences.put((pair, kind), tally)
            for path in paths:
                self._done.paths.put((pair, path), tally)
        self._differing.clear()

    def _order(self, seen: Seen) -> int:
        return order_of(self._seed, seen[0], seen[1])

    def _example(self, seen: Seen, before: bytes, after: bytes, order: int) -> Example:
        texts = (_text(_whole(seen)), before.decode(), after.decode())
        shown = (text if len(text) <= MOST_SHOWN else "" for text in texts)
        return Example(order, Place(self._source, seen[0], seen[1]), *shown)

    def _row(self, collection: str, seen: Seen, mapping: str, **told: Any) -> None:
        """Keep a row: the place, the mapping, what is told of it, and the whole event."""
        line, item, *_ = seen
        row = {"source": self._source, "line": line, "item": item, "mapping": mapping, **told}
        requests = {key: row.pop(key) for key in ("before", "after") if key in row}
        parts = [_text(row)[:-1].encode("utf-8", "surrogatepass")]
        for key, content in requests.items():
            name = key if len(requests) == 2 else "request"
            parts.append(b',"%b":%b' % (name.encode(), content or b"null"))
        if collection != REQUESTS:
            parts.append(b',"event":%b' % _text(_whole(seen)).encode("utf-8", "surrogatepass"))
        self._rows.add(collection, b"".join((*parts, b"}")))

    @property
    def events(self) -> int:
        """How many events were taken so far."""
        return self._events + sum(group.count for group in self._groups.values())

    def finished(self) -> Summary:
        """Return the summary of all events so far."""
        self._fold()
        self._fold_differences()
        for pair, index in self._same:
            self._done.pairs[pair, "same"] += self._done.fates[index or 0, "mapped"]
        return replace(self._done, events=self._events, held_back=self._held_back)


def _content(outcomes: list[Any], index: int | None) -> bytes:
    outcome = outcomes[index] if index is not None else None
    return outcome.request.content if isinstance(outcome, Mapped) else b""


def _changed_paths(before: bytes, after: bytes) -> tuple[Path, ...]:
    return tuple(each.at for each in difference(_value(before), _value(after)))


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
