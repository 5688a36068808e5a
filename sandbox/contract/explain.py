"""Explain: which rules a refused body breaks, in document order, found by jsonschema.

Imported for a refusal only, as jsonschema is slow to load and slow to check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice
from typing import Final

from jsonschema import Draft202012Validator

from sandbox.contract.schemas import body_schema, item_schema
from sandbox.contract.sentences import (
    OF_BODY,
    OF_ITEM,
    Explanation,
    Found,
    Place,
    of_field,
    of_list,
)
from sandbox.contract.verdict import Verdict
from sandbox.contract.violation import Violation, counted
from sandbox.segment.definition import DestinationDefinition, Rules, Upload
from sandbox.segment.javascript import Json

MAX_LISTED: Final = 100


def explain_body(
    upload: Upload, body: Json, *, rules: Rules, definition: DestinationDefinition, item: Verdict
) -> tuple[Violation, ...]:
    """Return the violations of a refused body in document order; `item` tells its bad items."""
    place = Place(upload=upload, definition=definition, rules=rules, path="$", value=body)
    keys = [place.envelope]
    items = body.get(place.envelope) if isinstance(body, dict) else None
    items = items if isinstance(items, list) else []
    bad = [index for index, value in enumerate(items) if not item(value)]

    schema = body_schema(upload, max_items=definition.max_items)
    found = _ranked(body, keys, _explained(place, schema, OF_BODY, of_list))
    here = _ranks(body, keys).get(place.envelope, 0)
    violations = chain(
        (violation for rank, violation in found if rank <= here),
        _of_items(place, items, bad),
        (violation for rank, violation in found if rank > here),
    )
    return _bounded(place, violations, refused=len(bad), of=len(items))


def explain_item(
    upload: Upload, payload: Json, *, rules: Rules, definition: DestinationDefinition
) -> tuple[Violation, ...]:
    """Return the violations of one refused payload in document order."""
    place = Place(upload=upload, definition=definition, rules=rules, path="$", value=payload)
    return _bounded(place, _of_item(place), refused=1, of=1)


def _of_items(place: Place, items: list[Json], bad: list[int]) -> Iterator[Violation]:
    path = place.inside(place.envelope, items).path
    for index in bad:
        yield from _of_item(replace(place, path=f"{path}[{index}]", value=items[index]))


def _of_item(place: Place) -> Iterator[Violation]:
    schema = item_schema(place.upload, place.rules)
    declared = [field.key for field in place.upload.fields]
    found = _explained(place, schema, OF_ITEM, of_field)
    return (violation for _, violation in _ranked(place.value, declared, found))


def _explained(
    place: Place,
    schema: dict[str, Json],
    of_whole: dict[str, Explanation],
    of_member: Callable[[Place, str, str], Violation],
) -> Iterator[Found]:
    seen = set()
    for error in Draft202012Validator(schema).iter_errors(place.value):
        keyword = tuple(error.absolute_schema_path)
        if keyword in seen:  # jsonschema tells of each missing key alone, we of all at once
            continue
        seen.add(keyword)
        if error.absolute_path:
            key = str(error.absolute_path[0])
            yield key, of_member(place.inside(key, error.instance), key, str(error.validator))
        else:
            explanation = of_whole[str(error.validator)]
            yield from islice(explanation(place, error.validator_value), MAX_LISTED + 1)


def _ranked(
    value: Json, declared: list[str], found: Iterable[Found]
) -> list[tuple[int, Violation]]:
    ranks = _ranks(value, declared)
    ranked = [(-1 if key is None else ranks[key], violation) for key, violation in found]
    return sorted(ranked, key=lambda pair: pair[0])


def _ranks(value: Json, declared: list[str]) -> dict[str, int]:
    # document order: the keys as they stand, then what is missing as it is declared
    keys = value if isinstance(value, dict) else ()
    return {key: rank for rank, key in enumerate(dict.fromkeys(chain(keys, declared)))}


def _bounded(
    place: Place, violations: Iterator[Violation], *, refused: int, of: int
) -> tuple[Violation, ...]:
    listed = tuple(islice(violations, MAX_LISTED + 1))
    if len(listed) <= MAX_LISTED:
        return listed
    found = f"{refused} of {counted(of, 'item')}"
    message = f"In all {found} break a rule; the first {MAX_LISTED} problems are listed."
    rest = place.violation("all-or-nothing", message, found, "no item that breaks a rule")
    return (*listed[:MAX_LISTED], rest)
