"""Explain: which rules a refused value breaks; jsonschema says where and by which keyword.

It only sees what was refused, and little of that: as many unknown keys and items as are reported,
and values without their contents, which no rule looks at.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import chain, islice
from typing import Any, Final, TypeAlias

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from sandbox.contract.schemas import body_schema, item_schema
from sandbox.contract.sentences import About, all_or_nothing, problem_of
from sandbox.contract.upload_contract import Contract
from sandbox.segment.javascript import Json
from sandbox.values import MISSING, Path, Problem

MAX_LISTED: Final = 100
"""How many problems of one upload are told."""
_LONGEST: Final = 1000  # as much of a string or a list as any rule asks about

_Error: TypeAlias = tuple[Path, str]
"""Where an error is, and the keyword that is broken."""
_Keyword: TypeAlias = Callable[[Any, Any, Any, Any], Iterator[ValidationError]]


def _unless(holds: Callable[[Any, Any, Any], bool]) -> _Keyword:
    """Return a keyword that says no more than that it is broken: jsonschema's own quote values."""

    def check(validator: Any, says: Any, value: Any, _: Any) -> Iterator[ValidationError]:
        if not holds(validator, says, value):
            yield ValidationError("")

    return check


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _missing(_: Any, required: Any, value: Any, __: Any) -> Iterator[ValidationError]:
    for key in required if isinstance(value, dict) else ():
        if key not in value:
            yield ValidationError("", path=(key,))


def _unknown(_: Any, says: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    for key in value if says is False and isinstance(value, dict) else ():
        if key not in schema["properties"]:
            yield ValidationError("", path=(key,))


def _none_of(validator: Any, choices: Any, value: Any, _: Any) -> Iterator[ValidationError]:
    if not any(validator.evolve(schema=choice).is_valid(value) for choice in choices):
        yield ValidationError("", path=(choices[0]["required"][0],))


KEYWORDS: Final[dict[str, _Keyword]] = {
    "type": _unless(
        lambda validator, says, value: any(
            validator.is_type(value, name) for name in ([says] if isinstance(says, str) else says)
        )
    ),
    "minLength": _unless(lambda _, least, value: not isinstance(value, str) or len(value) >= least),
    "minimum": _unless(lambda _, least, value: not _is_number(value) or not value < least),
    "maximum": _unless(lambda _, most, value: not _is_number(value) or not value > most),
    "minItems": _unless(lambda _, least, value: not isinstance(value, list) or len(value) >= least),
    "maxItems": _unless(lambda _, most, value: not isinstance(value, list) or len(value) <= most),
    "required": _missing,
    "additionalProperties": _unknown,
    "anyOf": _none_of,
}
"""The keywords of our schemas; an error of theirs holds the place and the keyword, and no more."""

_NAMING: Final = frozenset({"required", "additionalProperties", "anyOf"})
"""Keywords of an object that name a member of it."""

_Explaining: Final = extend(Draft202012Validator, KEYWORDS)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=64)
def _validators(contract: Contract) -> tuple[Validator, Validator]:
    """Return what checks an item, and what checks a body whatever its items are."""
    frame = body_schema(contract.upload, max_items=contract.definition.max_items)
    return _Explaining(item_schema(contract.upload, contract.rules)), _Explaining(frame)


def explain_body(contract: Contract, body: Json) -> tuple[Problem, ...]:
    """Return what is wrong with a body that is refused, in the order of the document."""
    envelope, items = contract.envelope, contract.items_of(body)
    bad = [number for number, item in enumerate(items) if not contract.accepts(item)]
    problems: Iterator[Problem]
    problems = (problem for n in bad for problem in _of_item(contract, items[n], (envelope, n)))
    if not contract.frames(body):
        errors = _broken(_validators(contract)[1], body, (envelope,))
        ranks = _ranks(body, (envelope,))
        told = [_problem(contract, (), error, body, ("body", "list")) for error in errors]
        before = sum(not path or ranks[path[0]] <= ranks[envelope] for path, _ in errors)
        problems = chain(told[:before], problems, told[before:])
    return _bounded(contract, problems, len(bad), len(items))


def explain_item(contract: Contract, item: Json) -> tuple[Problem, ...]:
    """Return what is wrong with an item that is refused, in the order of the document."""
    return _bounded(contract, _of_item(contract, item, ()), 1, 1)


def _bounded(
    contract: Contract, problems: Iterator[Problem], refused: int, of: int
) -> tuple[Problem, ...]:
    listed = tuple(islice(problems, MAX_LISTED + 1))
    if len(listed) <= MAX_LISTED:
        return listed
    return (*listed[:MAX_LISTED], all_or_nothing(contract, refused, of, MAX_LISTED))


def _of_item(contract: Contract, item: Json, at: Path) -> Iterator[Problem]:
    declared = tuple(field.key for field in contract.upload.fields)
    for error in _broken(_validators(contract)[0], item, declared):
        yield _problem(contract, at, error, item, ("item", "field"))


def _problem(
    contract: Contract, at: Path, error: _Error, value: Json, about: tuple[About, About]
) -> Problem:
    """Return the problem of an object at `at`, or of the member of it that the error is about."""
    path, keyword = error
    is_of_whole = not path or keyword in _NAMING
    there = value.get(path[0], MISSING) if path else value
    return problem_of(contract, (*at, *path), about[not is_of_whole], keyword, there)


def _broken(validator: Validator, value: Json, declared: tuple[str, ...]) -> list[_Error]:
    """Return the errors of a value, in the order of the document."""
    shown = _cut(value, declared)
    errors = [(tuple(e.path), str(e.validator)) for e in validator.iter_errors(shown)]
    if len(errors) > 1:
        ranks = _ranks(value, declared)
        errors.sort(key=lambda error: ranks[error[0][0]] if error[0] else -1)
    return errors


def _ranks(value: Json, declared: tuple[str, ...]) -> dict[str | int, int]:
    """Return the place of each key: as they stand, then what is missing as it is declared."""
    keys = (*_cut(value, declared), *declared) if isinstance(value, dict) else declared
    return {key: rank for rank, key in enumerate(dict.fromkeys(keys))}


def _cut(value: Json, declared: tuple[str, ...]) -> Json:
    """Return as much of a value as there are rules about; unknown keys no more than are told of."""
    if not isinstance(value, dict):
        return _shallow(value)
    kept: dict[str, Json] = {}
    unknown = 0
    for key, member in value.items():
        kept[key] = _shallow(member)
        unknown += key not in declared
        if unknown > MAX_LISTED:
            break
    return kept | {key: _shallow(value[key]) for key in declared if key in value}


def _shallow(value: Json) -> Json:
    if isinstance(value, str):
        return value[:_LONGEST]
    if isinstance(value, list):
        return [None] * min(len(value), _LONGEST)
    return {} if isinstance(value, dict) else value
