"""Relations: what is wrong between the parts of a workspace, each of which may be right alone."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sandbox.destination import check_api_key, check_base_url, check_mappings
from sandbox.segment.errors import InvalidMapping, InvalidTrigger, did_you_mean
from sandbox.segment.javascript import Json
from sandbox.segment.triggers import parse_trigger
from sandbox.values import Path, Problem, json_path

_SETTINGS: Final = {"api_key": check_api_key, "base_url": check_base_url}


def problems_of_mapping(
    error: InvalidMapping, path: Path, *, trigger: Json, fields: str = "fields"
) -> Iterator[Problem]:
    """Yield what is wrong with a mapping at `path`; of its trigger also the character.

    `fields` is the key its fields have there.
    """
    for problem in error.problems:
        own, *inner = problem.at
        hint = _place_in(trigger) if own == "trigger" else ""
        at = (*path, fields if own == "fields" else own, *inner)
        yield Problem(at, f"{problem.message}{hint}")


def _place_in(trigger: Json) -> str:
    try:
        parse_trigger(trigger)
    except InvalidTrigger as error:
        if error.text:
            return f" (character {error.position + 1} of {error.text!r})"
    return ""


def problems_between(
    sources: Sequence[Mapping[str, Any]] | None,
    destinations: Sequence[Mapping[str, Any]],
    *,
    unfinished: bool = False,
) -> list[Problem]:
    """Return what is wrong between sources and destinations, given as their members by name.

    A member that is missing is passed over, and so are sources that are None: whoever read them
    has said so. With `unfinished` a disabled destination may lack its API key and an enabled
    mapping, as it may in Segment until it is enabled.
    """
    found: list[Problem] = []
    if sources is not None and not sources:
        found.append(Problem(("sources",), "holds no source; at least one is needed."))
    found += _repeated("sources", sources or (), "name")
    found += _repeated("sources", sources or (), "write_key", secret=True)
    found += _repeated("destinations", destinations, "name")
    for number, destination in enumerate(destinations):
        path = ("destinations", number)
        if sources is not None and "source" in destination:
            found += _source(path, destination["source"], sources)
        is_draft = unfinished and destination.get("enabled") is False
        found += _settings(path, destination, unfinished=is_draft)
        found += _mappings(path, destination, unfinished=is_draft)
    return found


def _repeated(
    list_name: str, items: Sequence[Mapping[str, Any]], key: str, *, secret: bool = False
) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for number, item in enumerate(items):
        if key not in item:
            continue
        earlier = first.setdefault(item[key], number)
        if earlier != number:
            value = "" if secret else f" {item[key]!r}"
            where = json_path((list_name, earlier))
            message = f"is the same{value} as at {where}; make it another."
            yield Problem((list_name, number, key), message)


def _source(path: Path, name: str, sources: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    names = [source["name"] for source in sources if "name" in source]
    if name not in names:
        known = ", ".join(map(repr, names)) or "none"
        near = did_you_mean(name, names)
        message = f"is {name!r}, which is no source.{near} Known: {known}."
        yield Problem((*path, "source"), message)


def _settings(path: Path, destination: Mapping[str, Any], *, unfinished: bool) -> Iterator[Problem]:
    for key, check in _SETTINGS.items():
        value = destination.get(key)
        if value is not None and not (unfinished and value == ""):
            for problem in check(value):
                yield Problem((*path, key), problem.message)


def _mappings(path: Path, destination: Mapping[str, Any], *, unfinished: bool) -> Iterator[Problem]:
    if "mappings" in destination:
        are_enabled = [entry.get("enabled", True) for entry in destination["mappings"]]
        for problem in check_mappings(are_enabled, unfinished=unfinished):
            yield problem.under(*path)
