"""Sentences: for each keyword that can fail, which rule is broken and how that is said."""

from typing import Final, Literal, NamedTuple, TypeAlias

from sandbox.contract.schemas import FIELD_RULES
from sandbox.contract.upload_contract import Contract
from sandbox.contract.wording import counted, describe
from sandbox.segment.definition import Rules
from sandbox.segment.errors import did_you_mean
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import text_literal
from sandbox.values import MISSING, Path, Problem, shortened

About: TypeAlias = Literal["body", "list", "item", "field"]


class Sentence(NamedTuple):
    """The rule that is broken, what would be right, and the message, with names in braces."""

    rule: str
    expected: str
    message: str = "is {found}. Expected {expected}."


_MISSING: Final = "is missing. Expected {expected}."
_LIST: Final = "an array of 1 to {most} objects"
_RANGE: Final = Sentence("time-range", "Unix seconds that fit into 64 bits")

SENTENCES: Final[dict[tuple[About, str], Sentence]] = {
    ("body", "type"): Sentence("structure", 'an object like {{"{envelope}": [...]}}'),
    ("body", "required"): Sentence("structure", _LIST, _MISSING),
    ("body", "additionalProperties"): Sentence(
        "unknown-key", '"{envelope}"', "is unknown. Expected only {expected}."
    ),
    ("list", "type"): Sentence("structure", _LIST),
    ("list", "minItems"): Sentence("list-size", _LIST),
    ("list", "maxItems"): Sentence("list-size", _LIST),
    ("item", "type"): Sentence("structure", "an object with the fields of {upload}"),
    ("item", "required"): Sentence("field-required", "{right}", _MISSING),
    ("item", "anyOf"): Sentence(
        "id-required",
        "{key} or {other}",
        "is missing, and so is {other}. Expected at least one of them.",
    ),
    ("item", "additionalProperties"): Sentence(
        "unknown-key", "one of {keys}", "is unknown. {upload} has no such field.{near}"
    ),
    ("field", "type"): Sentence("field-type", "{right}"),
    ("field", "minLength"): Sentence("text-empty", "{right}"),
    ("field", "minimum"): _RANGE,
    ("field", "maximum"): _RANGE,
}
"""All that is said of a refused value, by what the broken keyword is about, and the keyword."""

_RULES: Final[dict[tuple[str, Rules], str]] = {
    ("structure", "documented"): "body-structure",
    ("structure", "observed"): "malformed-500",
    ("datetime", "documented"): "time-integer",
    ("datetime", "observed"): "time-number",
}
"""The rules of sentences that break another one under each word, or for each type."""


def problem_of(contract: Contract, at: Path, about: About, keyword: str, value: Json) -> Problem:
    """Return the problem of what stands at a path, MISSING where nothing does."""
    key = str(at[-1]) if at else ""
    sentence, field = SENTENCES[about, keyword], contract.upload.field(key)
    keys = [each.key for each in contract.upload.fields]
    is_unknown = keyword == "additionalProperties"
    found = "missing" if value is MISSING else describe(value)
    words = {
        "found": f"the key {text_literal(shortened(key))}" if is_unknown else found,
        "key": key,
        "envelope": contract.envelope,
        "most": contract.definition.max_items,
        "upload": contract.upload.name,
        "keys": ", ".join(keys),
        "right": FIELD_RULES[field.type, contract.rules].right if field else "",
        "other": field.required_unless if field else "",
        "near": did_you_mean(shortened(key), keys) if is_unknown else "",
    }
    expected = sentence.expected.format_map(words)
    rule = sentence.rule
    if rule == "field-type" and field is not None:
        rule = _RULES.get((field.type, contract.rules), rule)
    rule = _RULES.get((rule, contract.rules), rule)
    is_of_field = field is not None and rule in {"field-type", "field-required"}
    evidence = field.evidence if field and is_of_field else contract.definition.rule(rule).evidence
    message = sentence.message.format_map({**words, "expected": expected})
    return Problem(at, message, str(words["found"]), expected, rule, evidence)


def all_or_nothing(contract: Contract, refused: int, of: int, listed: int) -> Problem:
    """Return the problem that counts the items which are refused and not listed."""
    found = f"{refused} of {counted(of, 'item')}"
    message = f"{found} break a rule. Only the first {listed} problems are listed."
    rule = "all-or-nothing"
    evidence = contract.definition.rule(rule).evidence
    return Problem((), message, found, "no item that breaks a rule", rule, evidence)
