"""Report: the result of a replay; text, Markdown, JSON and page are made from this object."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sandbox.recording import MAX_DEPTH
from sandbox.replay.job import Job
from sandbox.replay.tallies import FATES, KINDS, Distinct, Example, ReplaySummary, Tallied
from sandbox.segment.json_text import parse_json
from sandbox.values import Path, json_path, members


class MappingCounts(NamedTuple):
    """What one mapping did with the events; the first four numbers add up to all events."""

    name: str
    mapped: int
    skipped: int
    rejected: int
    not_simulated: int
    suspicious: int


class ReasonCount(NamedTuple):
    """The number of times something was found, with a few examples."""

    mapping: str
    what: str
    message: str
    times: int
    examples: list[Example]
    at: Path = ()


class PairCounts(NamedTuple):
    """How the calls of one mapping compare with the calls of the other side."""

    name: str
    same: int
    appeared: int
    vanished: int
    changed: int


class ReplayReport:
    """What the mappings did with the events of an archive; `found` has the plain counts."""

    def __init__(self, job: Job, found: ReplaySummary) -> None:
        """Name and sort the counts of a summary."""
        self.job, self.found = job, found
        labels, pair_labels = job.new.labels, [pair.label for pair in job.pairs]

        self.events = found.events
        """The number of events."""
        self.bad_lines = found.unread.lines
        """The number of lines that are not events."""
        self.unread = sorted(found.unread.first)
        """The first lines and sources that could not be read, by source and line."""
        self.unread_count = found.unread.lines + found.unread.sources
        """The number of all lines and sources that could not be read."""
        self.days = dict(sorted(_summed((day, n) for (day, _), n in found.days.items()).items()))
        """Events by UTC day."""
        self.types = _summed((type_, n) for (_, type_), n in found.days.items())
        """Events by type, the commonest first."""

        self.problems = _counts(found.problems, labels)
        """Why events are rejected, the commonest first."""
        self.suspicions = _counts(found.suspicions, labels)
        """What is suspicious about requests, the commonest first."""
        self.mappings = [
            MappingCounts._make([name, *(found.fates[n, f] for f in FATES), found.suspicious[n]])
            for n, name in enumerate(labels)
        ]
        """What each mapping did, in order."""
        self.calls = sum(each.mapped for each in self.mappings)
        """The number of calls Toplyne would get."""

        self.pairs = [
            PairCounts(label, *(found.pairs[index, kind] for kind in KINDS))
            for index, label in enumerate(pair_labels)
        ]
        """How the calls compare, by mapping; empty without an old side."""
        sums = (sum(getattr(each, kind) for each in self.pairs) for kind in KINDS)
        self.totals = PairCounts("all", *sums)
        """How the calls of all mappings compare."""
        self.identical = sum(pair.is_identical for pair in job.pairs)
        """The number of mappings that are the same on both sides."""
        self.differences = _counts(found.differences, pair_labels)
        """Which calls appeared, vanished, changed, by mapping, the commonest first."""
        self.paths = _counts(found.paths, pair_labels)
        """The paths at which changed calls differ, by mapping, the commonest first."""
        self.fields = _summed((each.what, each.times) for each in self.paths)
        """The number of changed calls that differ at each path, the commonest first."""

    def to_json(self) -> dict[str, object]:
        """Return the report as JSON; equal for equal archives, however the work was divided."""
        found, days = self.found, sorted(self.found.days.items())
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
            "days": [{"day": day, "type": kind, "events": n} for (day, kind), n in days],
            "calls": [{"day": day, "calls": n} for day, n in sorted(found.calls.items())],
            "users": _number(found.users),
            "accounts": _number(found.accounts),
            "problems": _records(self.problems, "path"),
            "suspicious": _records(self.suspicions, "code"),
            "differences": _records(self.differences, "kind"),
            "changed_paths": _records(self.paths, "path"),
        }


def _counts(tallied: Tallied[Any], labels: Sequence[str]) -> list[ReasonCount]:
    """Return the counts of a tally whose keys are (index of a label, what was found, message)."""
    return [
        ReasonCount(labels[index], json_path(what), "", count, examples, what)
        if isinstance(what, tuple)
        else ReasonCount(labels[index], what, "".join(message), count, examples)
        for (index, what, *message), count, examples in tallied.commonest()
    ]


def _summed(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return the sum for each key, the largest first."""
    total = Counter[str]()
    for key, count in counts:
        total[key] += count
    return dict(sorted(total.items(), key=lambda each: (-each[1], each[0])))


def _number(distinct: Distinct) -> dict[str, object]:
    return {"count": distinct.count, "more": distinct.is_more}


def _records(counts: Iterable[ReasonCount], what: str) -> list[object]:
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
