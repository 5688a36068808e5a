"""Report: what a replay found; text, Markdown, JSON and page are all made of this one object."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from sandbox.replay.job import Job
from sandbox.replay.tallies import FATES, KINDS, Distinct, Example, Summary, Tallied, Unread
from sandbox.segment.json_text import parse_json
from sandbox.values import Path, json_path, members

MAX_DEPTH = 720


class MappingCounts(NamedTuple):
    """What one mapping did with the events; the first four numbers add up to all of them."""

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
        fates, suspicious = self.found.fates, Counter[int]()
        for (index, _), count, _ in self.found.suspicions.commonest():
            suspicious[index] += count
        return [
            MappingCounts._make((name, *(fates[n, fate] for fate in FATES), suspicious[n]))
            for n, name in enumerate(self.job.new.labels)
        ]

    @property
    def calls(self) -> int:
        """How many calls Toplyne would get."""
        return sum(each.mapped for each in self.mappings)

    @cached_property
    def problems(self) -> list[Counts]:
        """Why events are rejected, the commonest first."""
        return _counts(self.found.problems, self.job.new.labels)

    @cached_property
    def suspicions(self) -> list[Counts]:
        """What is suspicious about requests, the commonest first."""
        return _counts(self.found.suspicions, self.job.new.labels)

    @cached_property
    def pairs(self) -> list[PairCounts]:
        """How the calls compare, by mapping; empty without the other side."""
        return [
            PairCounts(pair.label, *(self.found.pairs[index, kind] for kind in KINDS))
            for index, pair in enumerate(self.job.pairs)
        ]

    @property
    def identical(self) -> int:
        """How many mappings are the same on both sides."""
        return sum(pair.is_identical for pair in self.job.pairs)

    @property
    def totals(self) -> PairCounts:
        """How the calls of all mappings compare."""
        sums = (sum(getattr(each, kind) for each in self.pairs) for kind in KINDS)
        return PairCounts("all", *sums)

    @cached_property
    def differences(self) -> list[Counts]:
        """Which calls appeared, vanished, changed, by mapping, the commonest first."""
        return _counts(self.found.differences, [pair.label for pair in self.job.pairs])

    @cached_property
    def paths(self) -> list[Counts]:
        """Where changed calls differ, by mapping, the commonest first."""
        return _counts(self.found.paths, [pair.label for pair in self.job.pairs])

    @property
    def fields(self) -> dict[str, int]:
        """How many changed calls differ at each path, the commonest first."""
        return _commonest((each.what, each.times) for each in self.paths)

    @property
    def days(self) -> dict[str, int]:
        """Events by UTC day."""
        counts = _commonest((day, count) for (day, _), count in self.found.days.items())
        return dict(sorted(counts.items()))

    @property
    def types(self) -> dict[str, int]:
        """Events by type, the commonest first."""
        return _commonest((type_, count) for (_, type_), count in self.found.days.items())

    def to_json(self) -> dict[str, object]:
        """Return everything as plain JSON; equal for equal archives, however they were read."""
        found = self.found
        return {
            "events": self.events,
            "bad_lines": self.bad_lines,
            "unreadable": [{**u._asdict(), "line": u.line or None} for u in self.unread],
            "mappings": [members(each, "name", *FATES) for each in self.mappings],
            "against": {**members(self.totals, *KINDS), "fields": self.fields}
            if self.job.old is not None
            else None,
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
            "users": _number(found.users),
            "accounts": _number(found.accounts),
            "problems": _records(self.problems, "path"),
            "suspicious": _records(self.suspicions, "code"),
            "differences": _records(self.differences, "kind"),
            "changed_paths": _records(self.paths, "path"),
        }


def _counts(tallied: Tallied[Any], labels: Sequence[str]) -> list[Counts]:
    """Return what is tallied by the index of a label, by what was found, and by a message."""
    return [
        Counts(labels[index], json_path(what), "", count, examples, what)
        if isinstance(what, tuple)
        else Counts(labels[index], what, "".join(message), count, examples)
        for (index, what, *message), count, examples in tallied.commonest()
    ]


def _commonest(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for key, count in counts:
        total[key] += count
    return dict(sorted(total.items(), key=lambda each: (-each[1], each[0])))


def _number(distinct: Distinct) -> dict[str, object]:
    return {"count": distinct.count, "more": distinct.is_more}


def _records(counts: Iterable[Counts], what: str) -> list[object]:
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


def _record(example: Example) -> dict[str, object]:
    texts = members(example, "event", "before", "after")
    values = {key: parse_json(text, max_depth=MAX_DEPTH) for key, text in texts.items() if text}
    return {**example.place._asdict(), **values}
