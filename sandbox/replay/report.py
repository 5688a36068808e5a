"""Report: what a replay found; text, Markdown, JSON and page are all made of this one object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from sandbox.replay.job import Job
from sandbox.replay.mapping_lists import pair_labels
from sandbox.replay.summary import FATES, KINDS, Summary
from sandbox.replay.tallies import Example, Unread
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import MAX_EVENT_DEPTH, parse_json
from sandbox.values import Path, json_path

_MAX_DEPTH = MAX_EVENT_DEPTH + 2


class MappingCounts(NamedTuple):
    """What one mapping did with the events; the first four add up to all of them."""

    name: str
    mapped: int
    skipped: int
    rejected: int
    not_simulated: int
    suspicious: int


class Counts(NamedTuple):
    """How often something was found, and a few examples."""

    mapping: str
    what: str
    message: str
    times: int
    examples: list[Example]
    at: Path = ()


class PairCounts(NamedTuple):
    """How the calls of one mapping compare with those of the other side."""

    name: str
    same: int
    appeared: int
    vanished: int
    changed: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """What became of the events of an archive; `found` holds the plain counts."""

    job: Job
    found: Summary
    seconds: float = field(compare=False)

    @property
    def events(self) -> int:
        """How many events were read."""
        return self.found.events

    @property
    def bad_lines(self) -> int:
        """How many lines hold no event."""
        return self.found.unread.lines

    @property
    def unread(self) -> list[Unread]:
        """What could not be read, by source and line; of very much the first."""
        return sorted(self.found.unread.first)

    @property
    def unread_count(self) -> int:
        """How many lines and sources could not be read."""
        return self.found.unread.lines + self.found.unread.sources

    @cached_property
    def mappings(self) -> list[MappingCounts]:
        """What each mapping did, in order."""
        suspicious: Counter[int] = Counter()
        for (index, _), count, _ in self.found.suspicions.commonest():
            suspicious[index] += count
        return [
            MappingCounts(
                name=label,
                suspicious=suspicious[index],
                **{fate: self.found.fates[index, fate] for fate in FATES},
            )
            for index, label in enumerate(self.job.new.labels)
        ]

    @property
    def calls(self) -> int:
        """How many calls Toplyne would get."""
        return sum(each.mapped for each in self.mappings)

    @cached_property
    def problems(self) -> list[Counts]:
        """Why events are rejected, the commonest first."""
        return [
            Counts(self.job.new.labels[index], path, message, count, examples)
            for (index, path, message), count, examples in self.found.problems.commonest()
        ]

    @cached_property
    def suspicions(self) -> list[Counts]:
        """What is suspicious about requests, the commonest first."""
        return [
            Counts(self.job.new.labels[index], code, "", count, examples)
            for (index, code), count, examples in self.found.suspicions.commonest()
        ]

    @cached_property
    def pairs(self) -> list[PairCounts]:
        """How the calls compare, by mapping; empty without the other side."""
        return [
            PairCounts(label, *(self.found.pairs[index, kind] for kind in KINDS))
            for index, label in enumerate(self._pair_labels)
        ]

    @cached_property
    def _pair_labels(self) -> tuple[str, ...]:
        return pair_labels(self.job.new, self.job.old)

    @property
    def totals(self) -> PairCounts:
        """How the calls of all mappings compare."""
        return PairCounts(
            "all", *(sum(getattr(each, kind) for each in self.pairs) for kind in KINDS)
        )

    @cached_property
    def differences(self) -> list[Counts]:
        """Which calls appeared, vanished, changed, by mapping, the commonest first."""
        return [
            Counts(self._pair_labels[index], kind, "", count, examples)
            for (index, kind), count, examples in self.found.differences.commonest()
        ]

    @cached_property
    def paths(self) -> list[Counts]:
        """Where changed calls differ, by mapping, the commonest first."""
        return [
            Counts(self._pair_labels[index], json_path(at), "", count, examples, at)
            for (index, at), count, examples in self.found.paths.commonest()
        ]

    @property
    def fields(self) -> dict[str, int]:
        """How many changed calls differ at each path, the commonest first."""
        counts: Counter[str] = Counter()
        for each in self.paths:
            counts[each.what] += each.times
        return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))

    @property
    def days(self) -> dict[str, int]:
        """Events by UTC day."""
        counts: Counter[str] = Counter()
        for (day, _), count in self.found.days.items():
            counts[day] += count
        return dict(sorted(counts.items()))

    @property
    def types(self) -> dict[str, int]:
        """Events by type, the commonest first."""
        counts: Counter[str] = Counter()
        for (_, type_), count in self.found.days.items():
            counts[type_] += count
        return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))

    def to_json(self) -> dict[str, Json]:
        """Return everything as plain JSON; equal for equal archives, however they were read."""
        found = self.found
        return {
            "events": self.events,
            "bad_lines": self.bad_lines,
            "unreadable": [
                {"source": u.source, "line": u.line or None, "reason": u.reason}
                for u in self.unread
            ],
            "mappings": [
                {"name": each.name, **{fate: getattr(each, fate) for fate in FATES}}
                for each in self.mappings
            ],
            "against": self._against(),
            "interrupted": bool(found.is_interrupted),
            "unreadable_total": self.unread_count,
            "held_back": found.held_back,
            "dropped": dict(sorted(found.dropped.items())),
            "other_calls": found.other_calls,
            "days": [
                {"day": day, "type": type_, "events": count}
                for (day, type_), count in sorted(found.days.items())
            ],
            "calls": [{"day": day, "calls": n} for day, n in sorted(found.calls.items())],
            "users": {"count": found.users.count, "more": found.users.is_more},
            "accounts": {"count": found.accounts.count, "more": found.accounts.is_more},
            "problems": _records(self.problems, "path"),
            "suspicious": _records(self.suspicions, "code"),
            "differences": _records(self.differences, "kind"),
            "changed_paths": _records(self.paths, "path"),
        }

    def _against(self) -> Json:
        if self.job.old is None:
            return None
        totals = self.totals
        return {**{kind: getattr(totals, kind) for kind in KINDS}, "fields": self.fields}


def _records(counts: Iterable[Counts], what: str) -> list[Json]:
    return [
        {
            "mapping": each.mapping,
            what: each.what,
            **({"message": each.message} if each.message else {}),
            "count": each.times,
            "examples": [_record(example) for example in each.examples],
        }
        for each in counts
    ]


def _record(example: Example) -> Json:
    place = example.place
    texts = {"event": example.event, "before": example.before, "after": example.after}
    return {
        "source": place.source,
        "line": place.line,
        "item": place.item,
        **{key: parse_json(text, max_depth=_MAX_DEPTH) for key, text in texts.items() if text},
    }
