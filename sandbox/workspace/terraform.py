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
from hcl2.rules import base, containers, expressions, functions, literal_rules, strings
from lark.exceptions import UnexpectedInput

from sandbox.segment.javascript import is_number
from sandbox.segment.json_text import parse_json
from sandbox.values import Json

MAX_FILE: Final = 1024 * 1024
"""The most bytes of one `.tf` file."""

NOT_KNOWN: Final = "not known here"
"""Replaces a value that depends on something outside of the files."""


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
    """Yield the resources and data sources of a `.tf` file; raises InvalidTerraform."""
    if len(text) > MAX_FILE:
        limit = f"{MAX_FILE:,} characters"
        raise InvalidTerraform(f"has {len(text):,} characters; a .tf file has at most {limit}")
    try:
        tree = hcl2.parses(text.removeprefix("\ufeff"))
    except UnexpectedInput as error:
        where = f"at line {error.line}, column {error.column}"
        raise InvalidTerraform(f"is not Terraform's language {where}") from None
    except RecursionError:
        raise InvalidTerraform("is nested too deeply to be read") from None
    for block in _of_type(tree.children[0], base.BlockRule):
        labels = [_label(child) for child in block.children[:3] if _is_label(child)]
        if labels[:1] in (["resource"], ["data"]) and len(labels) == 3:
            yield _resource(labels[1], labels[2], block)


def _resource(kind: str, name: str, block: Any) -> TerraformResource:
    found = TerraformResource(kind, name, {}, _line(block), {}, [])
    for attribute in _of_type(next(_of_type(block, base.BodyRule)), base.AttributeRule):
        key = _label(attribute.children[0])
        evaluation = _Evaluation()
        found.values[key] = evaluation.value(attribute.children[2])
        found.lines[key] = _line(attribute)
        found.unknown.extend((key, text) for text in evaluation.unknown[:1])
    return found


def _line(node: Any) -> int:
    line: int = node._meta.line  # noqa: SLF001 - python-hcl2 gives lines nowhere else
    return line


class _Evaluation:
    """Evaluates one expression; `unknown` has the texts of its parts that are unknown here."""

    def __init__(self) -> None:
        self.unknown: list[str] = []

    def value(self, node: Any) -> Json:
        """Return the value of an expression as JSON."""
        match node:
            case expressions.ExprTermRule():
                inner = [child for child in node.children if child is not None]
                is_grouped = len(inner) > 1  # in parentheses
                return self.value(inner[1] if is_grouped else inner[0])
            case (
                literal_rules.IntLitRule()
                | literal_rules.FloatLitRule()
                | literal_rules.LiteralValueRule()
            ):
                return parse_json(_ZEROS.sub("", str(node.children[0].value)))
            case expressions.UnaryOpRule():
                sign, term = (child for child in node.children if child is not None)
                value = self.value(term)
                if _source(sign) == "-" and is_number(value):
                    return -value
                return self._not_known(node)
            case strings.StringRule():
                return "".join(self._part(part) for part in node.children[1:-1])
            case strings.HeredocTemplateRule() | strings.HeredocTrimTemplateRule():
                return self._heredoc(str(node.children[0].value))
            case containers.TupleRule():
                return [self.value(child) for child in node.children if _is_value(child)]
            case containers.ObjectRule():
                members = _of_type(node, containers.ObjectElemRule)
                return dict(self._member(each) for each in members)
            case functions.FunctionCallRule():
                return self._call(node)
            case _:
                return self._not_known(node)

    def _part(self, part: Any) -> str:
        (inner,) = part.children
        text: str | None = getattr(inner, "value", None)
        if text is None:  # ${…} or %{…}
            return str(self._not_known(inner))
        if text.startswith(("$${", "%%{")):
            return text[1:]
        return _ESCAPE.sub(_unescaped, text)

    def _heredoc(self, text: str) -> str:
        head, _, rest = text.partition("\n")
        body = rest[: rest.rstrip().rfind("\n") + 1]
        self.unknown += _TEMPLATE.findall(body)
        body = _TEMPLATE.sub(NOT_KNOWN, body).replace("$${", "${").replace("%%{", "%{")
        return dedent(body) if head.startswith("<<-") else body

    def _member(self, element: Any) -> tuple[str, Json]:
        key, _, value = element.children[:3]
        if isinstance(key, containers.ObjectElemKeyRule):
            inner = key.children[0]
            name = self.value(inner) if isinstance(inner, strings.StringRule) else _source(inner)
        else:
            name = self._not_known(key)
        return str(name), self.value(value)

    def _call(self, node: Any) -> Json:
        arguments = next(_of_type(node, functions.ArgumentsRule), None)
        given = [child for child in arguments.children if _is_value(child)] if arguments else []
        evaluate = _FUNCTIONS.get(_label(node.children[0]))
        if evaluate is None or len(given) != 1:
            return self._not_known(node)
        return evaluate(self.value(given[0]))

    def _not_known(self, node: Any) -> Json:
        self.unknown.append(_source(node))
        return f"{NOT_KNOWN}: {self.unknown[-1]}"


_FUNCTIONS: Final[dict[str, Callable[[Json], Json]]] = {
    "jsonencode": lambda value: json.dumps(value, ensure_ascii=False),
    "tostring": lambda value: value if isinstance(value, str | None) else json.dumps(value),
}
"""The functions of Terraform whose result depends only on their argument."""

_ESCAPE: Final = re.compile(r"\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_TEMPLATE: Final = re.compile(r"(?<!\$)\$\{[^}]*\}?|(?<!%)%\{[^}]*\}?")  # or to the end: linear
_ZEROS: Final = re.compile(r"^0+(?=\d)")  # 007 is 7 in Terraform, and not valid in JSON
_SURROGATES: Final = range(0xD800, 0xE000)
_SIGNS: Final = {"n": "\n", "r": "\r", "t": "\t"}


def _unescaped(match: re.Match[str]) -> str:
    sign = match[0][1:]
    if len(sign) > 1:
        code = int(sign[1:], 16)
        return chr(code) if code <= sys.maxunicode and code not in _SURROGATES else "\ufffd"
    return _SIGNS.get(sign, sign)


def _is_value(node: Any) -> bool:
    return isinstance(node, expressions.ExpressionRule)


def _is_label(node: Any) -> bool:
    return isinstance(node, literal_rules.IdentifierRule | strings.StringRule)


def _label(node: Any) -> str:
    return _source(node).strip('"')


def _source(node: Any) -> str:
    """Return the source text of a node, on one line."""
    children = getattr(node, "children", None)
    if children is None:
        return str(getattr(node, "value", ""))
    text = "".join(_source(child) for child in children if child is not None)
    return " ".join(text.split())


def _of_type(node: Any, kind: type) -> Iterator[Any]:
    return (child for child in node.children if isinstance(child, kind))
