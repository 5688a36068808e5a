"""Terraform: the resources of `.tf` files, as far as the files contain their values.

python-hcl2 parses a file; its tree is evaluated here, because its plain values keep the quotes of
strings, mark heredocs and leave `jsonencode(…)` as text. A value that depends on anything else
(`var.`, `local.`, another resource, most functions) is unknown here, and reported.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from textwrap import dedent
from typing import Any, Final, NamedTuple

import hcl2
from lark.exceptions import UnexpectedInput, VisitError

from sandbox.segment.javascript import is_number
from sandbox.segment.json_text import parse_json
from sandbox.values import Json

MAX_FILE: Final = 1024 * 1024
"""The most bytes of one `.tf` file."""

MAX_CALLS: Final = 6
"""The most calls of `jsonencode` and `tostring` in each other; each may double the text."""

NOT_KNOWN: Final = "not known here"
"""Replaces a value that depends on something outside of the files."""

_FUNCTIONS: Final[dict[str, Callable[[Json], Json]]] = {
    "jsonencode": lambda value: json.dumps(value, ensure_ascii=False),
    "tostring": lambda value: value if isinstance(value, str | None) else json.dumps(value),
}
"""The functions of Terraform whose result depends only on their argument."""

_ESCAPE: Final = re.compile(r"\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_TEMPLATE: Final = re.compile(r"(?<!\$)\$\{[^}]*\}?|(?<!%)%\{[^}]*\}?")  # or to the end: linear
_ZEROS: Final = re.compile(r"^(-?)0+(?=\d)")  # 007 is 7 in Terraform, and not valid in JSON
_SURROGATES: Final = range(0xD800, 0xE000)
_SIGNS: Final = {"n": "\n", "r": "\r", "t": "\t"}


class TerraformResource(NamedTuple):
    """A resource or data source of a file: its type and name, and the values of its attributes.

    `line` is the line of the resource, `lines` those of its attributes; `unknown` are attributes
    that contain something unknown here, each with the text of the first.
    """

    type: str
    name: str
    values: dict[str, Json]
    line: int
    lines: dict[str, int]
    unknown: list[tuple[str, str]]


class InvalidTerraform(ValueError):
    """Raised for a file that is not in Terraform's language; the message says where and why."""


def resources_of(text: str) -> Iterator[TerraformResource]:
    """Yield the resources and data sources of a `.tf` file.

    Raises InvalidTerraform, or RecursionError for a file that is nested too deeply.
    """
    if len(text) > MAX_FILE:
        limit = f"{MAX_FILE:,} characters"
        raise InvalidTerraform(f"has {len(text):,} characters; a .tf file has at most {limit}")
    try:
        tree = hcl2.parses(text.removeprefix("\ufeff"), discard_comments=True)
    except (UnexpectedInput, VisitError) as error:  # the latter for an %{if} without its end
        if isinstance(getattr(error, "orig_exc", None), RecursionError):
            raise RecursionError from None
        place: Any = getattr(getattr(error, "obj", None), "meta", error)
        where = f"at line {place.line}, column {place.column}"
        raise InvalidTerraform(f"is not Terraform's language {where}") from None
    for block in tree.children[0].children:
        labels = [_source(child).strip('"') for child in block.children[:-3]]
        if labels[:1] in (["resource"], ["data"]) and len(labels) == 3:
            yield _resource(labels[1], labels[2], block)


def _resource(kind: str, name: str, block: Any) -> TerraformResource:
    found = TerraformResource(kind, name, {}, _line(block), {}, [])
    for attribute in block.children[-2].children:
        if attribute.lark_name() == "attribute":
            key = _source(attribute.children[0])
            evaluation = _Evaluation()
            found.values[key] = evaluation.value(attribute.children[2])
            found.lines[key] = _line(attribute)
            found.unknown.extend((key, text) for text in evaluation.unknown[:1])
    return found


def _line(node: Any) -> int:
    return int(node._meta.line)  # noqa: SLF001 - python-hcl2 gives lines nowhere else


class _Evaluation:
    """Evaluates one expression; `unknown` has the texts of its parts that are unknown here."""

    def __init__(self) -> None:
        self.unknown: list[str] = []
        self._calls = 0  # that the part is in

    def value(self, node: Any) -> Json:
        """Return the value of an expression as JSON."""
        match node.lark_name(), [child for child in node.children if child is not None]:
            case ("expr_term", [inner]) | ("expr_term", [_, inner, _]):
                return self.value(inner)
            case "int_lit" | "float_lit" | "literal_value", [word]:
                return parse_json(_ZEROS.sub(r"\1", str(word.value)))
            case "unary_op", [sign, term]:
                value = self.value(term)
                if sign.value == "-" and is_number(value):
                    return -value
            case "string", [_, *parts, _]:
                return "".join(map(self._part, parts))
            case "heredoc_template" | "heredoc_template_trim", [word]:
                return self._heredoc(str(word.value))
            case "tuple", [_, *elements, _]:
                return [self.value(each) for each in _items(elements)]
            case "object", [_, *members, _]:
                pairs = (member.children for member in _items(members))
                return {self._key(key): self.value(value) for key, _, value in pairs}
            case "function_call", [name, _, arguments, _]:
                return self._call(node, _FUNCTIONS.get(_source(name)), _items(arguments.children))
        return self._not_known(node)

    def _key(self, key: Any) -> str:
        if key.lark_name() != "object_elem_key":  # but an expression in parentheses
            return self._not_known(key)
        (name,) = key.children
        return str(self.value(name)) if name.lark_name() == "string" else _source(name)

    def _call(self, node: Any, evaluate: Callable[[Json], Json] | None, given: list[Any]) -> Json:
        if evaluate is None or len(given) != 1:
            return self._not_known(node)
        self._calls += 1
        if self._calls > MAX_CALLS:
            where = f"at line {_line(node)}"
            raise InvalidTerraform(f"has more than {MAX_CALLS} calls in each other {where}")
        value = evaluate(self.value(given[0]))
        self._calls -= 1
        return value

    def _part(self, part: Any) -> str:
        (inner,) = part.children
        text: str | None = getattr(inner, "value", None)
        if text is None:  # ${…} or %{…}
            return self._not_known(inner)
        if text.startswith(("$${", "%%{")):
            return text[1:]
        return _ESCAPE.sub(_unescaped, text)

    def _heredoc(self, text: str) -> str:
        head, _, rest = text.partition("\n")
        body = rest[: rest.rstrip().rfind("\n") + 1]
        self.unknown += _TEMPLATE.findall(body)
        body = _TEMPLATE.sub(NOT_KNOWN, body).replace("$${", "${").replace("%%{", "%{")
        return dedent(body) if head.startswith("<<-") else body

    def _not_known(self, node: Any) -> str:
        self.unknown.append(_source(node))
        return f"{NOT_KNOWN}: {self.unknown[-1]}"


def _items(nodes: list[Any]) -> list[Any]:
    return [node for node in nodes if node.lark_name() != "COMMA"]


def _unescaped(match: re.Match[str]) -> str:
    sign = match[0][1:]
    if len(sign) > 1:
        code = int(sign[1:], 16)
        return chr(code) if code <= sys.maxunicode and code not in _SURROGATES else "\ufffd"
    return _SIGNS.get(sign, sign)


def _source(node: Any) -> str:
    """Return the source text of a node, on one line."""
    children = getattr(node, "children", None)
    if children is None:
        return str(getattr(node, "value", ""))
    text = "".join(_source(child) for child in children if child is not None)
    return " ".join(text.split())
