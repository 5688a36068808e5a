"""Report tables: the sentences and tables that text, Markdown and page all show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from sandbox.replay.mapping_lists import paired
from sandbox.replay.report import Counts, Report
from sandbox.replay.tallies import Example
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import json_text, parse_json
from sandbox.values import MISSING, Path

MAX_DEPTH: Final = 720
FOR_EXAMPLE: Final = "For example"
_SHOWN: Final = 40


class Table(NamedTuple):
    """A title, sentences below it, and rows of cells; a cell that is a number stands right."""

    title: str
    sentences: tuple[str, ...]
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def tables(report: Report, *, most: int) -> list[Table]:
    """Return all tables of a report that have something to say, with `most` rows at most each."""
    found = [_overview(report), _mappings(report)]
    if report.job.old is not None:
        found += [_comparison(report, most), _paths(report, most)]
    found += [
        _counts(
            "Rejected", ("Events", "Mapping", "Path", "Problem", FOR_EXAMPLE), report.problems, most
        ),
        _counts("Suspicious", ("Calls", "Mapping", "What", FOR_EXAMPLE), report.suspicions, most),
    ]
    return [each for each in found if each.sentences or each.rows]


def _overview(report: Report) -> Table:
    found = report.found
    days = [day for day in report.days if day[0] != "n"]
    span = f" from {days[0]} to {days[-1]}, by the UTC day of their timestamp" if days else ""
    types = ", ".join(f"{count:,} {type_}" for type_, count in report.types.items())
    a_day = f", {report.calls / len(found.calls):,.0f} a day" if found.calls else ""
    sentences = [
        f"{counted(report.events, 'event')}{span}: {types or 'none'}.",
        (
            f"{counted(report.calls, 'call')} to Toplyne{a_day}; they touch {found.users} users "
            f"and {found.accounts} accounts."
        ),
    ]
    if found.is_interrupted:
        sentences.insert(0, "INTERRUPTED: this is only what was done until then.")
    for each in report.mappings:
        if each.rejected and not each.mapped:
            sentences.append(f"WARNING: {each.name} rejects every event that it takes.")
    if report.unread_count:
        sentences.append(f"{counted(report.unread_count, 'line or source', 'lines or sources')} "
                         "cannot be read.")  # fmt: skip
    if found.held_back:
        sentences.append(
            f"{counted(found.held_back, 'event')} held back: their integrations turn Toplyne off."
        )
    if found.dropped:
        codes = ", ".join(f"{code} {count:,}" for code, count in sorted(found.dropped.items()))
        dropped = counted(sum(found.dropped.values()), "message")
        sentences.append(f"{dropped} of SDK bodies dropped by Segment on intake: {codes}.")
    if found.other_calls:
        calls = counted(found.other_calls, "recorded exchange")
        sentences.append(f"{calls} passed over: not calls of the Tracking API.")
    return Table("Replay", tuple(sentences))


def _mappings(report: Report) -> Table:
    heads = ("Mapping", "Mapped", "Skipped", "Rejected", "Not simulated", "Suspicious")
    rows = tuple((each.name, *(f"{n:,}" for n in each[1:])) for each in report.mappings)
    return Table(f"Mappings of {report.job.new.file}", (), heads, rows)


def _comparison(report: Report, most: int) -> Table:
    assert report.job.old is not None, "there is another side"
    all_ = report.totals
    pairs = paired(report.job.new.mappings, report.job.old.mappings)
    identical = sum(pair.is_identical for pair in pairs)
    sentences = (
        (
            f"{counted(all_.same, 'call')} the same, {all_.appeared:,} appeared, "
            f"{all_.vanished:,} vanished, {all_.changed:,} changed."
        ),
        (
            f"The differences touch {report.found.differing_users} users and "
            f"{report.found.differing_accounts} accounts."
        ),
        f"{identical:,} of {len(pairs):,} mappings are identical on both sides.",
    )
    differing = [each for each in report.pairs if any(each[2:])]
    differing.sort(key=lambda each: -sum(each[2:]))
    rows = [(each.name, *(f"{n:,}" for n in each[1:])) for each in differing]
    title = f"{report.job.new.file} compared with {report.job.old.file}"
    heads = ("Mapping", "Same", "Appeared", "Vanished", "Changed")
    return Table(title, (*sentences, *_more(len(rows), most, "mapping")), heads, tuple(rows[:most]))


def _paths(report: Report, most: int) -> Table:
    assert report.job.old is not None, "there is another side"
    rows = tuple(
        (
            f"{each.times:,}",
            each.mapping,
            each.what,
            change(each.examples[0], each.at),
            _spot(each.examples[0]),
        )
        for each in report.paths[:most]
    )
    heads = (
        "Calls",
        "Mapping",
        "Path",
        f"{report.job.old.file} → {report.job.new.file}",
        FOR_EXAMPLE,
    )
    return Table("What changed", _more(len(report.paths), most, "path"), heads, rows)


def _counts(title: str, heads: tuple[str, ...], counts: list[Counts], most: int) -> Table:
    rows = tuple(
        (
            f"{each.times:,}",
            each.mapping,
            each.what,
            *([each.message] if each.message else []),
            _spot(each.examples[0]),
        )
        for each in counts[:most]
    )
    return Table(title, _more(len(counts), most, "kind"), heads, rows)


def _more(count: int, most: int, noun: str) -> tuple[str, ...]:
    left = count - most
    return (f"{counted(left, f'more {noun}')} not shown; --json has them.",) if left > 0 else ()


def counted(number: int, noun: str, nouns: str = "") -> str:
    """Return `1 event`, `2,000 events`."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def _spot(example: Example) -> str:
    return f"{example.place.source.rpartition('/')[2]}:{example.place.line}"


def change(example: Example, at: Path) -> str:
    """Return what stands at a path before and after, shortened: `12 → "12"`."""
    return " → ".join(_at(text, at) for text in (example.before, example.after))


def _at(text: str, at: Iterable[str | int]) -> str:
    if not text:
        return "too large to show"
    value: Json = parse_json(text, max_depth=MAX_DEPTH)
    for key in at:
        try:
            value = value[key]
        except (LookupError, TypeError):
            return "nothing"
    if value is MISSING:
        return "nothing"
    shown = json_text(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
