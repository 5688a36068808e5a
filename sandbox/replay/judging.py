"""Judging: one event after another through the mappings of both sides, into a summary.

The only place of a replay that asks the mapper.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeAlias

import msgspec

from sandbox.destination import Mapping, map_event
from sandbox.replay.groups import Group, Key, key_of
from sandbox.replay.job import DIFFERENCES, REJECTED, REQUESTS, Job
from sandbox.replay.mapping_lists import pair_labels, paired
from sandbox.replay.rows import Rows
from sandbox.replay.summary import Summary
from sandbox.replay.surely_fine import looked_at, reads_timestamps
from sandbox.replay.tallies import MOST_SHOWN, Example, Place
from sandbox.segment.integrations import turned_off
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import json_text, parse_json
from sandbox.segment.not_simulated import NOT_SIMULATED
from sandbox.segment.pipeline import Mapped, Outcome, Rejected, Skipped
from sandbox.suspicions import Suspicion, sent_before, suspicious
from sandbox.toplyne import TOPLYNE
from sandbox.values import Path, difference, json_path

_MOST_GROUPS: Final = 20_000
_MAX_DEPTH: Final = 720
_WORDS: Final = {Mapped: "mapped", Skipped: "skipped", Rejected: "rejected"}

Spot: TypeAlias = tuple[str, int, int]
"""A Place before it is known whether it is kept."""


class Judge:
    """What becomes of events, one by one; `summary` tells of all of them."""

    def __init__(self, job: Job, rows: Rows) -> None:
        """Make the mappings of both sides."""
        self._rules, self._rows = job.rules, rows
        self._labels = job.new.labels
        self._new = tuple(each.made() for each in job.new.mappings)
        self._reads_timestamps = tuple(map(reads_timestamps, self._new))
        pairs = paired(job.new.mappings, job.old.mappings) if job.old else ()
        self._same = [(n, pair.new) for n, pair in enumerate(pairs) if pair.is_identical]
        open_pairs = [(n, pair) for n, pair in enumerate(pairs) if not pair.is_identical]
        kept = [pair.old for _, pair in open_pairs if pair.old is not None]
        old = job.old.mappings if job.old else ()
        self._old: tuple[Mapping, ...] = tuple(old[index].made() for index in kept)
        self._open = tuple(
            (n, pair.new, None if pair.old is None else kept.index(pair.old))
            for n, pair in open_pairs
        )
        self._pair_labels = pair_labels(job.new, job.old)
        self._groups: dict[Key, Group] = {}
        self._done = Summary()
        self._events = self._held_back = 0

    def take(self, event: dict[str, Json], place: Spot) -> None:
        """Map one event on both sides, and count what comes out."""
        if event.get("integrations") and turned_off(event, TOPLYNE.name):
            self._held_back += 1
            self._group(event, (Skipped,) * len(self._new)).count += 1
            return
        outcomes = map_event(event, self._new, self._rules)
        group = self._group(event, tuple(map(type, outcomes)))
        group.count += 1
        for index in group.taken:
            outcome = outcomes[index]
            if isinstance(outcome, Rejected):
                self._rejected(event, index, outcome, place)
            else:
                self._mapped(event, index, outcomes, group, place)
        if self._open:
            self._compare(event, outcomes, group.day, place)

    def _group(self, event: dict[str, Json], outcomes: tuple[type[Outcome], ...]) -> Group:
        key = key_of(event, outcomes)
        group = self._groups.get(key)
        if group is None:
            if len(self._groups) >= _MOST_GROUPS:
                self._fold()
            group = self._groups[key] = Group(key)
        return group

    def _fold(self) -> None:
        """Add what the groups hold to the counts, and start new ones."""
        for group in self._groups.values():
            self._done.days[group.day, group.type] += group.count
            mapped = 0
            for index, each in enumerate(group.outcomes):
                self._done.fates[index, _WORDS[each]] += group.count
                mapped += each is Mapped
            if mapped:
                self._done.calls[group.day] += mapped * group.count
            self._events += group.count
        self._groups.clear()

    def _mapped(
        self,
        event: dict[str, Json],
        index: int,
        outcomes: list[Outcome],
        group: Group,
        place: Spot,
    ) -> None:
        mapped: Any = outcomes[index]
        request = mapped.request
        user, account, is_fine = looked_at(request.content)
        if user:
            self._done.users.add(user)
        if account:
            self._done.accounts.add(account)
        if self._rows.wants(REQUESTS):
            self._row(REQUESTS, event, self._labels[index], place, after=request.content)

        found: tuple[Suspicion, ...] = ()
        if not (is_fine and group.has_common_time and self._reads_timestamps[index]):
            found = suspicious(request, event, mapped.mapping)
        if len(group.taken) > 1:
            earlier = [o.request for o in outcomes[:index] if isinstance(o, Mapped)]
            found = (*found, *sent_before(request, earlier))
        for code in {each.code for each in found}:
            self._done.suspicions.add(
                (index, code), Place(*place), partial(_example, event, place, b"", request.content)
            )

    def _rejected(
        self, event: dict[str, Json], index: int, rejected: Rejected, place: Spot
    ) -> None:
        if rejected.code == NOT_SIMULATED:
            self._done.fates[index, "rejected"] -= 1
            self._done.fates[index, "not_simulated"] += 1
        for problem in rejected.problems:
            self._done.problems.add(
                (index, problem.path, problem.message),
                Place(*place),
                partial(_example, event, place, b"", b""),
            )
        if self._rows.wants(REJECTED):
            problems = [{"path": p.path, "message": p.message} for p in rejected.problems]
            told = {"code": rejected.code, "problems": problems}
            self._row(REJECTED, event, self._labels[index], place, **told)

    def _compare(
        self, event: dict[str, Json], outcomes: list[Outcome], day: str, place: Spot
    ) -> None:
        old = map_event(event, self._old, self._rules)
        for pair, new_index, old_index in self._open:
            after = _content(outcomes, new_index)
            before = _content(old, old_index)
            if after == before:
                if after:
                    self._done.pairs[pair, "same"] += 1
                continue
            paths = _changed_paths(before, after) if before and after else ()
            kind = (
                ("changed" if paths else "same")
                if before and after
                else ("appeared" if after else "vanished")
            )
            self._done.pairs[pair, kind] += 1
            if kind != "same":
                self._done.difference_days[day, kind] += 1
                self._differs(event, (pair, kind, paths), (before, after), place)

    def _differs(
        self,
        event: dict[str, Json],
        differs: tuple[int, str, tuple[Path, ...]],
        contents: tuple[bytes, bytes],
        place: Spot,
    ) -> None:
        pair, kind, paths = differs
        before, after = contents
        done = self._done
        example = partial(_example, event, place, before, after)
        done.differences.add((pair, kind), Place(*place), example)
        for path in paths:
            done.paths.add((pair, path), Place(*place), example)
        for content in filter(None, (before, after)):
            user, account, _ = looked_at(content)
            if user:
                done.differing_users.add(user)
            if account:
                done.differing_accounts.add(account)
        if self._rows.wants(DIFFERENCES):
            told = {"kind": kind, "paths": [json_path(each) for each in paths]}
            label = self._pair_labels[pair]
            self._row(DIFFERENCES, event, label, place, before=before, after=after, **told)

    def _row(
        self, collection: str, event: dict[str, Json], mapping: str, place: Spot, **told: Any
    ) -> None:
        """Keep a row: the place, the mapping, what is told of it, and the whole event."""
        source, line, item = place
        row = {"source": source, "line": line, "item": item, "mapping": mapping, **told}
        requests = {key: row.pop(key) for key in ("before", "after") if key in row}
        parts = [_text(row)[:-1].encode("utf-8", "surrogatepass")]
        for key, content in requests.items():
            name = key if len(requests) == 2 else "request"
            parts.append(b',"%b":%b' % (name.encode(), content or b"null"))
        if collection != REQUESTS:
            parts.append(b',"event":%b' % _text(event).encode("utf-8", "surrogatepass"))
        self._rows.add(collection, b"".join((*parts, b"}")))

    def finished(self) -> Summary:
        """Return the summary of all events so far."""
        self._fold()
        for pair, index in self._same:
            count = self._done.fates[index or 0, "mapped"]
            self._done.pairs[pair, "same"] += count
        return replace(self._done, events=self._events, held_back=self._held_back)


def _content(outcomes: list[Outcome], index: int | None) -> bytes:
    outcome = outcomes[index] if index is not None else None
    return outcome.request.content if isinstance(outcome, Mapped) else b""


def _changed_paths(before: bytes, after: bytes) -> tuple[Path, ...]:
    one, other = (parse_json(content, max_depth=_MAX_DEPTH) for content in (before, after))
    return tuple(each.at for each in difference(one, other))


def _example(
    event: dict[str, Json], place: Spot, before: bytes, after: bytes, order: int
) -> Example:
    texts = (_text(event), before.decode(), after.decode())
    return Example(
        order, Place(*place), *(text if len(text) <= MOST_SHOWN else "" for text in texts)
    )


def _text(value: Json) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except (ValueError, OverflowError, RecursionError):  # lone surrogates, numbers beyond 64 bits
        return json_text(value)
