"""Workspace: Segment's configuration as plain values, sources with their destinations."""

from dataclasses import dataclass, field

from sandbox.destination import PRESETS, Destination, Mapping, destination_disabled, map_event
from sandbox.segment.definition import Rules
from sandbox.segment.errors import InvalidMapping, Problem
from sandbox.segment.javascript import Json
from sandbox.segment.pipeline import Outcome
from sandbox.values import members
from sandbox.workspace.relations import problems_between


class InvalidWorkspace(InvalidMapping):
    """A workspace that cannot be made; `problems` holds all that is wrong, each with its line."""

    def __init__(self, problems: tuple[Problem, ...], *, file: str = "") -> None:
        """Keep the problems; the message lists them as `file:line: path sentence`."""
        super().__init__(problems, subject=file or "the workspace")
        self.file = file
        self.args = ("\n".join(place(problem, file) for problem in problems),)


def place(problem: Problem, file: str = "") -> str:
    """Return the problem in one line, `workspace.toml:12: $.sources[0] …`."""
    where = f"{file}:{problem.line}: " if problem.line else (f"{file}: " if file else "")
    return f"{where}{problem.path} {problem.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What sends events: a name and the write key its SDKs are set up with."""

    name: str
    write_key: str = field(repr=False)
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedDestination:
    """A destination connected to a source: its settings and its mappings.

    `base_url` is None where whoever delivers knows the URL.
    """

    name: str
    source: str
    api_key: str = field(repr=False)
    base_url: str | None = None
    enabled: bool = True
    mappings: tuple[Mapping, ...] = PRESETS

    def map(self, event: Json, *, rules: Rules = "documented") -> list[Outcome]:
        """Return what becomes of the event, one outcome per mapping, without sending anything."""
        outcomes = map_event(event, self.mappings, rules)
        return outcomes if self.enabled else [destination_disabled(each) for each in outcomes]

    def at(self, base_url: str | None, *, rules: Rules = "documented") -> Destination:
        """Return the destination that delivers to `base_url`, or to its own where that is None.

        Raises InvalidMapping where there is neither.
        """
        return Destination(
            api_key=self.api_key,
            base_url=base_url or self.base_url or "",
            mappings=self.mappings,
            enabled=self.enabled,
            rules=rules,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Sources, and destinations that each belong to one of them.

    Raises InvalidWorkspace with every problem at once: names and write keys that are not unique, a
    source that does not exist, settings no destination can have, more than 50 mappings. A disabled
    destination may be unfinished: its API key `""`, and no mapping enabled.
    """

    sources: tuple[Source, ...]
    destinations: tuple[ConnectedDestination, ...] = ()

    def __post_init__(self) -> None:
        """Check how the parts fit together."""
        destinations = [
            {
                **members(each, "name", "source", "api_key", "base_url", "enabled"),
                "mappings": [members(mapping, "enabled") for mapping in each.mappings],
            }
            for each in self.destinations
        ]
        sources = [members(source, "name", "write_key") for source in self.sources]
        found = problems_between(sources, destinations, unfinished=True)
        if found:
            raise InvalidWorkspace(tuple(found))

    def source_with(self, write_key: str) -> Source | None:
        """Return the source of that write key, or None."""
        return next((s for s in self.sources if s.write_key == write_key), None)

    def destinations_of(self, source: Source) -> tuple[ConnectedDestination, ...]:
        """Return the destinations connected to the source, disabled ones too, in order."""
        return tuple(each for each in self.destinations if each.source == source.name)
