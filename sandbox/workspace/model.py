"""Workspace: Segment's configuration as plain values, sources with their destinations.

Problems between parts, each of which may be valid alone, are also found here, for workspaces made
in Python and for those read from a file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from sandbox.destination import (
    PRESETS,
    Destination,
    Mapping,
    check_api_key,
    check_base_url,
    check_mappings,
    destination_disabled,
    map_event,
)
from sandbox.segment.definition import Rules
from sandbox.segment.errors import InvalidMapping, InvalidTrigger, did_you_mean
from sandbox.segment.pipeline import Outcome
from sandbox.segment.triggers import parse_trigger
from sandbox.values import Json, Problem, json_path, members

_NAMES_TOLD: Final = 50
_SETTINGS: Final = {"api_key": check_api_key, "base_url": check_base_url}


class InvalidWorkspace(InvalidMapping):
    """Raised for an invalid workspace; `problems` has all its problems, each with its line."""

    def __init__(
        self, problems: tuple[Problem, ...], *, file: str = "", files: tuple[str, ...] = ()
    ) -> None:
        """Keep the problems; the message lists them as `file:line: path sentence`.

        `files` has the file of each problem, if they are in several files.
        """
        super().__init__(problems, subject=file or "the workspace")
        self.file = file
        self.args = ("\n".join(map(place, problems, files or [file] * len(problems))),)


def place(problem: Problem, file: str = "") -> str:
    """Return the problem in one line, `workspace.toml:12: $.sources[0] …`."""
    where = f"{file}:{problem.line}: " if problem.line else (f"{file}: " if file else "")
    return f"{where}{problem.path} {problem.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source of events: a name and the write key of its SDKs."""

    name: str
    write_key: str = field(repr=False)
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedDestination:
    """A destination connected to a source: its settings and its mappings.

    `base_url` is None if the caller of a delivery gives the URL.
    """

    name: str
    source: str
    api_key: str = field(repr=False)
    base_url: str | None = None
    enabled: bool = True
    mappings: tuple[Mapping, ...] = PRESETS

    def map(self, event: Json, *, rules: Rules = "documented") -> list[Outcome]:
        """Return the outcome of the event for each mapping, without sending anything."""
        outcomes = map_event(event, self.mappings, rules)
        return outcomes if self.enabled else [destination_disabled(each) for each in outcomes]

    def at(self, base_url: str | None, *, rules: Rules = "documented") -> Destination:
        """Return the destination that delivers to `base_url`, or to its own if that is None.

        Raises InvalidMapping if both are None.
        """
        url, own = base_url or self.base_url or "", members(self, "api_key", "mappings", "enabled")
        return Destination(base_url=url, rules=rules, **own)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Sources, and destinations that each belong to one of them.

    Raises InvalidWorkspace with every problem at once: names and write keys that are not unique, a
    source that does not exist, invalid settings, more than 50 mappings. A disabled destination may
    be unfinished: its API key `""`, and no mapping enabled.
    """

    sources: tuple[Source, ...]
    destinations: tuple[ConnectedDestination, ...] = ()

    def __post_init__(self) -> None:
        """Check how the parts fit together."""
        if found := problems_between(self.sources, self.destinations):
            raise InvalidWorkspace(tuple(found))

    def source_with(self, write_key: str) -> Source | None:
        """Return the source of that write key, or None."""
        return next((s for s in self.sources if s.write_key == write_key), None)

    def destinations_of(self, source: Source) -> tuple[ConnectedDestination, ...]:
        """Return the destinations connected to the source, disabled ones too, in order."""
        return tuple(each for each in self.destinations if each.source == source.name)


def problems_of_mapping(error: InvalidMapping, *, trigger: str) -> Iterator[Problem]:
    """Yield the problems of a mapping; those of its trigger with the character."""
    hint = ""
    try:
        parse_trigger(trigger)
    except InvalidTrigger as wrong:
        if wrong.text:
            hint = f" (character {wrong.position + 1} of {wrong.text!r})"
    for problem in error.problems:
        yield Problem(problem.at, problem.message + hint * (problem.at[0] == "trigger"))


def problems_between(
    sources: Sequence[Source] | None, destinations: Sequence[ConnectedDestination]
) -> list[Problem]:
    """Return the problems between sources and destinations.

    Sources, parts and mappings that are None are ignored: their reader has reported them. A
    disabled destination may lack its API key and an enabled mapping, as in Segment until it is
    enabled.
    """
    found: list[Problem] = []
    if sources is not None and not sources:
        found.append(Problem(("sources",), "is empty. Expected at least one source."))
    found += _repeated("sources", sources or (), "name")
    found += _repeated("sources", sources or (), "write_key")
    found += _repeated("destinations", destinations, "name")
    names = None
    if sources is not None:  # a dict: in order, with fast lookup
        names = dict.fromkeys(source.name for source in sources if source.name is not None)
    for number, destination in enumerate(destinations):
        inside = _within(destination, names)
        found += [problem.under("destinations", number) for problem in inside]
    return found


def _repeated(part: str, items: Sequence[object], key: str) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for number, item in enumerate(items):
        given = getattr(item, key)
        earlier = number if given is None else first.setdefault(given, number)
        if earlier != number:
            value = "" if key == "write_key" else f" {given!r}"  # no message shows a write key
            where = json_path((part, earlier))
            message = f"is the same{value} as at {where}. It must be unique."
            yield Problem((part, number, key), message)


def _within(destination: ConnectedDestination, names: dict[str, None] | None) -> Iterator[Problem]:
    name = destination.source
    if names is not None and name is not None and name not in names:
        first = [*islice(names, _NAMES_TOLD)]
        more = f" and {len(names) - len(first)} more" if len(names) > len(first) else ""
        known = (", ".join(map(repr, first)) or "none") + more
        near = did_you_mean(name, first)
        yield Problem(("source",), f"is {name!r}, which is not a source.{near} Known: {known}.")
    is_draft = not destination.enabled
    for key, check in _SETTINGS.items():
        value = getattr(destination, key)
        if value is not None and not (is_draft and value == ""):
            yield from (replace(problem, at=(key,)) for problem in check(value))
    are_enabled = [mapping is None or mapping.enabled for mapping in destination.mappings]
    yield from check_mappings(are_enabled, unfinished=is_draft)
