"""Explain: which rules a refused value breaks; jsonschema names the place and the keyword.

jsonschema gets only refused values, cut short: no more unknown keys and items than are reported,
and objects and lists without their contents, which no rule checks. One table has the sentences, by
keyword.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain, dropwhile, islice
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from sandbox.contract.schemas import FIELD_RULES, body_schema, item_schema
from sandbox.contract.upload_contract import Contract
from sandbox.contract.wording import counted, describe
from sandbox.segment.errors import did_you_mean
from sandbox.segment.json_text import text_literal
from sandbox.values import MISSING, Path, Problem, shortened

MAX_LISTED: Final = 100
"""The most problems of one upload that are listed."""
_LONGEST: Final = 1000  # no rule needs more of a string or a list

UploadPart: TypeAlias = Literal["body", "list", "item", "field"]


class Sentence(NamedTuple):
    """The broken rule, what is expected, and the message, with placeholders in braces."""

    rule: str
    expected: str
    message: str = "is {found}. Expected {expected}."


_MISSING: Final = "is missing. Expected {expected}."
_LIST: Final = "an array of 1 to {most} objects"
_RANGE: Final = Sentence("time-range", "Unix seconds that fit into 64 bits")

SENTENCES: Final[dict[tuple[UploadPart, str], Sentence]] = {
    ("body", "type"): Sentence("{structure}", 'an object like {{"{envelope}": [...]}}'),
    ("body", "required"): Sentence("{structure}", _LIST, _MISSING),
    ("body", "additionalProperties"): Sentence(
        "unknown-key", '"{envelope}"', "is unknown. Expected only {expected}."
    ),
    ("list", "type"): Sentence("{structure}", _LIST),
    ("list", "minItems"): Sentence("list-size", _LIST),
    ("list", "maxItems"): Sentence("list-size", _LIST),
    ("item", "type"): Sentence("{structure}", "an object with the fields of {upload}"),
    ("item", "required"): Sentence("field-required", "{right}", _MISSING),
    ("item", "anyOf"): Sentence(
        "id-required",
        "{key} or {other}",
        "is missing, and so is {other}. Expected at least one of them.",
    ),
    ("item", "additionalProperties"): Sentence(
        "unknown-key", "one of {keys}", "is unknown. {upload} has no such field.{near}"
    ),
    ("field", "type"): Sentence("{type_rule}", "{right}"),
    ("field", "minLength"): Sentence("text-empty", "{right}"),
    ("field", "minimum"): _RANGE,
    ("field", "maximum"): _RANGE,
}
"""The sentence about a refused value, by the part the keyword applies to, and the keyword."""

_PARTS: Final[tuple[tuple[UploadPart, UploadPart], ...]] = (("body", "list"), ("item", "field"))
_STRUCTURE: Final = {"documented": "body-structure", "observed": "malformed-500"}


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


KEYWORDS: Final = {"required": _missing, "additionalProperties": _unknown, "anyOf": _none_of}
"""Keywords whose error names a member of the object; jsonschema's own quote the whole object."""

_Explaining: Final = extend(Draft202012Validator, KEYWORDS)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=64)
def _validators(contract: Contract) -> tuple[Validator, Validator]:
    """Return the validator of a body without its items, and the validator of an item."""
    frame = body_schema(contract.upload, max_items=contract.definition.max_items)
    return _Explaining(frame), _Explaining(item_schema(contract.upload, contract.rules))


def explain_body(contract: Contract, body: object) -> tuple[Problem, ...]:
    """Return the problems of a refused body, in document order."""
    envelope, items = contract.envelope, contract.upload.items_in(body)
    bad = [number for number, item in enumerate(items) if not contract.accepts(item)]
    problems = chain.from_iterable(
        _problems(contract, items[n], (envelope, n), of_item=True) for n in bad
    )
    if not contract.frames(body):
        told = [*_problems(contract, body, (), of_item=False)]
        keys = body if isinstance(body, dict) else ()
        after = set(dropwhile(envelope.__ne__, keys)) - {envelope}
        before = sum(after.isdisjoint(problem.at) for problem in told)
        problems = chain(told[:before], problems, told[before:])
    return _bounded(contract, problems, len(bad), len(items))


def explain_item(contract: Contract, item: object) -> tuple[Problem, ...]:
    """Return the problems of a refused item, in document order."""
    return _bounded(contract, _problems(contract, item, (), of_item=True), 1, 1)


def _bounded(
    contract: Contract, problems: Iterable[Problem], refused: int, of: int
) -> tuple[Problem, ...]:
    """Return the problems that are listed, and one that counts the items with more."""
    listed = tuple(islice(problems, MAX_LISTED + 1))
    if len(listed) <= MAX_LISTED:
        return listed
    found = f"{refused} of {counted(of, 'item')}"
    message = f"{found} break a rule. Only the first {MAX_LISTED} problems are listed."
    rule = contract.definition.rule("all-or-nothing")
    more = Problem((), message, found, "no item that breaks a rule", rule.key, rule.evidence)
    return (*listed[:MAX_LISTED], more)


def _problems(contract: Contract, value: object, at: Path, *, of_item: bool) -> Iterator[Problem]:
    """Yield the problems of a value and its members, in document order.

    Missing members come last, in the order of their declaration.
    """
    declared = [each.key for each in contract.upload.fields] if of_item else [contract.envelope]
    members = _cut(value, declared) if isinstance(value, dict) else {}
    shown: Any = members if isinstance(value, dict) else _shallow(value)
    found = _validators(contract)[of_item].iter_errors(shown)
    errors = [(tuple(error.path), str(error.validator)) for error in found]
    if len(errors) > 1:
        order: list[Path] = [(), *((key,) for key in dict.fromkeys((*members, *declared)))]
        errors.sort(key=lambda error: order.index(error[0]))
    for path, keyword in errors:
        about = _PARTS[of_item][bool(path) and keyword not in KEYWORDS]
        there = value.get(path[0], MISSING) if path and isinstance(value, dict) else value
        yield _problem(contract, (*at, *path), about, keyword, there)


def _problem(contract: Contract, at: Path, about: UploadPart, word: str, value: object) -> Problem:
    """Return the problem of the value at a path; a missing value is MISSING."""
    key = str(at[-1]) if at else ""
    field = contract.upload.field(key)
    takes = FIELD_RULES[field.type, contract.rules] if field else None
    keys = [each.key for each in contract.upload.fields]
    found = "missing" if value is MISSING else describe(value)
    near = ""
    if word == "additionalProperties":
        found = f"the key {text_literal(shortened(key))}"
        near = did_you_mean(shortened(key), keys)
    words = {
        "found": found,
        "key": key,
        "envelope": contract.envelope,
        "most": contract.definition.max_items,
        "upload": contract.upload.name,
        "keys": ", ".join(keys),
        "right": takes.right if takes else "",
        "type_rule": takes.type_rule if takes else "",
        "structure": _STRUCTURE[contract.rules],
        "other": field.required_unless if field else "",
        "near": near,
    }
    sentence = SENTENCES[about, word]
    rule, expected = sentence.rule.format_map(words), sentence.expected.format_map(words)
    message = sentence.message.format_map({**words, "expected": expected})
    is_of_field = rule in {"field-type", "field-required"}
    source = field if field and is_of_field else contract.definition.rule(rule)
    return Problem(at, message, found, expected, rule, source.evidence)


def _cut(members: dict[str, object], declared: list[str]) -> dict[str, object]:
    """Return the members that rules check, and no more unknown keys than are listed."""
    first = dict(islice(members.items(), len(declared) + MAX_LISTED + 1))
    known = {key: members[key] for key in declared if key in members}
    return {key: _shallow(member) for key, member in (first | known).items()}


def _shallow(value: object) -> object:
    if isinstance(value, str):
        return value[:_LONGEST]
    if isinstance(value, list):
        return [None] * min(len(value), _LONGEST)
    return {} if isinstance(value, dict) else value
