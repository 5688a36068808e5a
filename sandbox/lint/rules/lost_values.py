"""Value rules: values that never reach a payload, or with which every event is rejected."""

import re
from collections.abc import Iterator
from typing import Any, Final

from sandbox.lint.draft import Draft
from sandbox.lint.registry import Note, at, mapping_rule
from sandbox.reasoning.event_places import plain_name
from sandbox.reasoning.named_paths import FieldDirective
from sandbox.segment.errors import Thrown
from sandbox.segment.fields import DIRECTIVES
from sandbox.segment.fields.compiling import at_keys
from sandbox.segment.fields.paths import path_names
from sandbox.segment.fields.text_directives import MAX_PATTERN
from sandbox.segment.fields.transforming import ROOT_DIRECTIVE
from sandbox.segment.javascript import MISSING, is_falsy
from sandbox.segment.not_simulated import Outside
from sandbox.segment.payload import check_payload

_A_TEXT: Final = "5"
"""A string that a field of each type but an object takes."""
_GIVEN: Final[dict[str, object]] = {
    **dict.fromkeys(("@template", "@liquid", "encode"), _A_TEXT),
    "@flatten": {},
    "@merge": {},
}
"""A value like those that a directive gives, by its name or its mode, where it is certain."""
_ODD: Final = re.compile(r"\A\s|\s\Z|\A\$(?![.\[]|\Z)|\A/|\[(?:\*|-[0-9]+)?\]|\?\.|\|\|")
_ROOTS: Final = {
    plain_name(name): name
    for name in ("anonymousId", "context", "event", "groupId", "messageId", "originalTimestamp",
    "previousId", "properties", "receivedAt", "sentAt", "timestamp", "traits", "userId")
}  # fmt: skip
_EXPRESSION: Final = re.compile(
    r"\A\^.|\A/.+/[a-z]*\Z|\[.[^]\[\n]*\[?\]|\.[*+]|\\[dswDSWb]|[a-z0-9)]\|[a-z0-9(]|.\$\Z",
    re.IGNORECASE,
)


@mapping_rule("TS318", "refused-value")
def refused_values(draft: Draft) -> Iterator[Note]:
    """Segment takes the fields, but rejects every event for which this is resolved."""
    for each in draft.directives(*DIRECTIVES):
        if why := _lack(each):
            yield at(each.inner, "directive", why=why)
    for field, written in draft.of_action():
        value = _given(written)
        if value not in (MISSING, None, ""):
            for problem in check_payload((field,), {field.key: value})[1]:
                yield at(("fields", field.key), "value", why=problem.message)


def _lack(directive: FieldDirective) -> str:
    """Return which key of the operand Segment misses for every event, "" if none."""
    known, operand = DIRECTIVES[directive.name], directive.operand
    if not known.having or not isinstance(operand, dict) or directive.at[-1] == ROOT_DIRECTIVE:
        return ""  # Segment gives the other fields to a root directive
    given = {key: value if is_falsy(value) else [] for key, value in operand.items()}
    try:
        known.compile(Outside(), given)({})
    except Thrown as error:
        return error.message if error.message.endswith(" key") else ""
    return ""


def _given(value: Any) -> object:
    """Return a value like those that a mapping's value gives, None if that is not certain."""
    names = at_keys(value)
    if isinstance(value, dict) and names:
        name, operand = names[0], value[names[0]]
        if name == "@json" and isinstance(operand, dict):
            name = str(operand.get("mode"))
        return _GIVEN.get(name)
    if isinstance(value, dict):
        return {}
    return [_A_TEXT] * len(value) if isinstance(value, list) else value


@mapping_rule("TS319", "odd-path")
def odd_paths(draft: Draft) -> Iterator[Note]:
    """A path names a member that no event has, because of a sign or of how it is written."""
    on_the_event = {each.at for each in draft.on_the_event()}
    for each in draft.directives("@path"):
        path = each.text.removeprefix("$.")
        first = (*path_names(path), "")[0]
        if odd := _ODD.search(each.text):
            yield at(each.inner, "sign", path=each.text, sign=odd[0])
        elif each.at in on_the_event and _ROOTS.get(plain_name(first), first) != first:
            name = _ROOTS[plain_name(first)]
            right = each.written(each.text.replace(first, name, 1))
            yield at(each.inner, "name", first=first, name=name, rewrite=right)


@mapping_rule("TS320", "regular-expression")
def regular_expressions(draft: Draft) -> Iterator[Note]:
    """@replace looks for its pattern letter by letter, not for a regular expression."""
    for each in draft.directives("@replace"):
        for key in ("pattern", "pattern2"):
            pattern = each.part(key)
            if isinstance(pattern, str) and _EXPRESSION.search(pattern[:MAX_PATTERN]):
                yield at((*each.inner, key), pattern=pattern)
