"""Parser: the conditions that Segment reads in a trigger, and the tokens that it ignores.

Segment has no precedence, no nesting and no general negation: one pass, one list of nodes, and one
operator for all of them, which is the last one written.
"""

from collections import deque
from typing import Final, NamedTuple

from sandbox.segment import javascript as js
from sandbox.segment.javascript import INHERITED, MISSING
from sandbox.segment.triggers.lexer import TriggerToken, tokenize
from sandbox.segment.triggers.mistakes import Ignored, TriggerError, no_condition, said
from sandbox.segment.triggers.tree import CONTAINERS, HEADS, Condition, Group, Node, Nothing, Scalar
from sandbox.values import shortened

FUNCTIONS: Final = ("contains", "match")
_UNKNOWN: Final = {"and": "glued", "or": "glued", "not": "negation"}
_BOOLEAN_HEADS: Final = (*CONTAINERS, "userId")
_NULL_HEADS: Final = (*_BOOLEAN_HEADS, "name")
_WORDS: Final = {
    ("!=", "null"): ("exists", _NULL_HEADS),
    ("=", "null"): ("not_exists", _NULL_HEADS),
    ("=", "true"): ("is_true", _BOOLEAN_HEADS),
    ("=", "false"): ("is_false", _BOOLEAN_HEADS),
}
_NUMBER_OPERATORS: Final = {"=": "number_equals", "!=": "number_not_equals"}


class Reading(NamedTuple):
    """A trigger's tree as Segment reads it, and the tokens that Segment ignores."""

    tree: Group
    ignored: tuple[Ignored, ...]


def parse(text: str) -> Reading:
    """Return a trigger as Segment reads it; raises TriggerError if Segment finds an error."""
    tokens = tokenize(text)
    ignored: list[Ignored] = []
    node = _List(tokens, ignored).read(0, len(text))
    if lost := text[tokens[-1].start :]:
        ignored.append(Ignored(lost, tokens[-1].start, len(text), "lost"))
    if node is None or isinstance(node, Nothing):
        raise no_condition(text, ignored)
    if not isinstance(node, Group):
        node = Group(operator="and", children=(node,), end=len(text))
    return Reading(node, tuple(sorted(ignored, key=lambda each: each.start)))


class _List:
    """Reads a list of tokens to a node: the whole trigger, or the content of parentheses."""

    def __init__(
        self, tokens: list[TriggerToken], ignored: list[Ignored], *, nested: bool = False
    ) -> None:
        self.left = deque(tokens)
        self.ignored = ignored
        self.nested = nested
        self.nodes: list[Node] = []
        self.conditionals: list[TriggerToken] = []

    def read(self, start: int, end: int) -> Node | None:
        """Return the node of all tokens, None if there is none; a group spans start to end."""
        while self.left:
            self.step(self.left.popleft())

        operator = self.conditionals[-1].text if self.conditionals else "and"
        for token in self.conditionals:
            if token.text != operator:
                self.ignore(token, "overridden")
        if len(self.nodes) > 1:
            return Group(operator=operator, children=tuple(self.nodes), start=start, end=end)
        return self.nodes[0] if self.nodes else None

    def step(self, token: TriggerToken) -> None:
        """Read one token, and those after it that belong to it."""
        match token.kind:
            case "eos":
                pass  # always the last
            case "name":
                self.name(token)
            case "(":
                self.nodes.append(self.parentheses(token))
            case "conditional":
                self.conditionals.append(token)
            case "operator" if token.text == "!" and self.left[0].text in FUNCTIONS:
                self.function(self.left.popleft(), negation=token)
            case _:
                self.ignore(token, "negation" if token.text == "!" else "stray")

    def name(self, token: TriggerToken) -> None:
        """Read a condition or a function; ignore any other name."""
        head = token.text.partition(".")[0]
        if head in HEADS:
            operator, value = self.operator_and_value(token)
            self.nodes.append(_comparison(head, token, operator, value))
        elif head in INHERITED:
            self.operator_and_value(token)
            self.ignore(token, "inherited")
        elif token.text in FUNCTIONS:
            self.function(token)
        else:
            self.ignore(token, _UNKNOWN.get(token.text, "unknown"))

    def operator_and_value(self, name: TriggerToken) -> tuple[TriggerToken, TriggerToken]:
        """Return the next two tokens, whatever they are."""
        operator = self.left.popleft()
        if not self.left:
            reason = said("no_value", name=shortened(name.text))
            raise TriggerError(name.start, reason, "Value token is missing")
        return operator, self.left.popleft()

    def parentheses(self, opening: TriggerToken) -> Node:
        """Read all tokens up to the first closing parenthesis as a separate list."""
        if self.nested:
            raise TriggerError(opening.start, said("nested"))
        inside = []
        while self.left and self.left[0].kind != ")":
            inside.append(self.left.popleft())
        if not self.left:
            raise TriggerError(opening.start, said("unclosed_parenthesis"))

        closing = self.left.popleft()
        end = TriggerToken("eos", "eos", closing.start, closing.start)
        node = _List([*inside, end], self.ignored, nested=True).read(opening.start, closing.end)
        return node or Nothing(start=opening.start, end=closing.end)

    def function(self, function: TriggerToken, *, negation: TriggerToken | None = None) -> None:
        """Read contains(name, value) or match(name, value); only the two arguments matter."""
        self.drop("(")
        name = self.argument(function, "1st")
        self.drop(",")
        value = self.argument(function, "2nd")
        closing = self.drop(")")

        head, path = _subject(name.text)
        if not head:
            self.ignore(name, "argument")
            return
        operator, expected = _asked(function, value)
        self.nodes.append(
            Condition(
                head=head,
                path=path,
                operator=f"not_{operator}" if negation else operator,
                value=expected,
                start=(negation or function).start,
                end=(closing or value).end,
            )
        )

    def argument(self, function: TriggerToken, which: str) -> TriggerToken:
        """Return a function's argument, whatever it is."""
        if not self.left:
            name = function.text
            reason = said("no_argument", function=name, which=which)
            segments = f"{name}() is missing a {which} argument"
            raise TriggerError(function.start, reason, segments)
        return self.left.popleft()

    def drop(self, sign: str) -> TriggerToken | None:
        """Drop the next token, which should be `sign`; return it if it is."""
        if not self.left:
            return None
        token = self.left.popleft()
        if token.kind == sign:
            return token
        if token.kind != "eos":
            self.ignore(token, "dropped")
        return None

    def ignore(self, token: TriggerToken, why: str) -> None:
        """Record a token that Segment ignores."""
        self.ignored.append(Ignored(token.text, token.start, token.end, why))


def _comparison(
    head: str, name: TriggerToken, operator: TriggerToken, value: TriggerToken
) -> Condition:
    """Return the condition for a name whose head Segment knows; its operator may be any token."""
    word, expected = _meaning(head, operator.text, value)
    path = name.text.removeprefix(f"{head}.") if head in CONTAINERS else None
    return Condition(
        head=head, path=path, operator=word, value=expected, start=name.start, end=value.end
    )


def _meaning(head: str, operator: str, value: TriggerToken) -> tuple[str, Scalar]:
    """Return Segment's name of the operator, and the expected value."""
    word, heads = _WORDS.get((operator, value.text), ("", ()))
    if head in heads:
        return word, MISSING
    typed = _typed(value)
    if head not in CONTAINERS:
        return operator, js.to_string(typed)
    if isinstance(typed, float):
        return _NUMBER_OPERATORS.get(operator, operator), typed
    return operator, typed


def _typed(value: TriggerToken) -> str | float | bool:
    """Return the value of a token; only double quotes are removed."""
    if value.kind == "string":
        return value.text.removeprefix('"').removesuffix('"')
    if value.kind == "number":
        return js.to_number(value.text)
    if value.text in {"true", "false"}:  # without quotes, which the text of a string has
        return value.text == "true"
    return value.text


def _asked(function: TriggerToken, value: TriggerToken) -> tuple[str, str]:
    """Return the operator of a call, and the expected value."""
    text = js.to_string(_typed(value))
    if function.text == "contains":
        return "contains", text
    units = js.to_units(text)
    if value.text.endswith('*"'):
        return "starts_with", js.from_units(units[:-1])
    return "ends_with", js.from_units(units[1:])  # the first unit need not be a star


def _subject(name: str) -> tuple[str, str | None]:
    """Return the head and path of a call's first argument, which only has to start with a head."""
    if name in {"event", "name", "userId"}:
        return name, None
    head = next((head for head in CONTAINERS if name.startswith(head)), "")
    return head, name.removeprefix(f"{head}.")
