"""Field mappings: every directive, well formed for the most part, over events that answer to them.

A directive's options are there nine times of ten and of the right kind. What is wrong is put in
afterwards, seldom and one at a time, for a mapping refused by the validator tells nothing about the
resolver. Places the validator never looks into (arrays, `@literal`) get more of it.
"""

from collections.abc import Callable
from typing import Any

from sandbox.strategies.tape import Tape, taped
from tests.conformance.generate_values import TEXTS, event, object_of, scalar
from tests.conformance.tape import mutated, weighted

PATHS = weighted(
    *((path, 4) for path in (
        "$.userId", "$.n", "$.properties", "$.properties.a", "$.traits.email", "$.s", "$.arr",
        "$.prods",
        "$.o", "$.nested", "$.missing", "$.context.groupId", "$.timestamp", "$.event", "$.a.b.c",
    )),
    *((path, 1) for path in (
        "", ".", "$", "$.", "..", "userId", "$. userId", "$$.x", "userId$.", "$.$", "$.z",
        "$.z.b", "$.e", "$.e.b",
        "$.f.b", "$.nul", "$.nul.b", "$.missing.b", "$.t.b", "$.n.b", "$.arr[0]", "$.arr.[0]",
        "$.arr[3].a", "$.arr[3]a",
        "$.arr[00]", "$.arr[-1]", "$.arr[b]", "$.arr.0", "$.arr.length", "$.s.length",
        "$.s[0]", "$.u[1]", "$.u.length",
        "$.u.2", "$.nested[0][1]", "$.nested.1.0", '$.a["b"]', "$.a['b']['c']", "$.a['b.c']",
        "$.a[0]", "$.a[ 0]", "$.a[b].c",
        "a..b", ".a.b", "$.it's", "$.10", "$[10]", '$["10"]', "$.2", "$.a]]", "$.a1]]b",
        "$.o.a", "$.prods[0].id",
        "$.prods.1.id", "$.prods[2]", "$.prods[3].length", "$.properties.c", "$.properties.f",
        "$.traits", "$.j", "$.t",
        "$.messageId", "$.none", "$.none[0]", "$.anonymousId", "$.context", "$.arr['0']",
        '$.arr["3"].a', "$.a[0", "$.huge",
        "$.context.library.version", "$.traits.plan", "$.properties.$.a", "$.a[b][c]",
        "$.a.'b'", "$.prods[4]",
    )),
)  # fmt: skip
ITEM_PATHS = ("$.id", "$.q", "$.missing", "$.length", "$.0", "$.a", "", "$.id.x", "$")
TEMPLATES = weighted(
    ("{{userId}}", 4), ("{{n}}-{{z}}-{{f}}-{{t}}-{{nul}}-{{missing}}-{{e}}", 2),
    ("Hi {{ traits.email }}!", 3),
    *((text, 1) for text in (
        "", "plain", "{{arr}}", "{{nested}}", "{{o}}", "{{ }}", "{{}}", "{{{}}}",
        "{{$.userId}}", "{{a}b}}", "{{{{userId}}}}",
        "{{{userId}}}", "{{{s}}} {{s}}", "{{\nuserId\n}}", "{{\u00a0n\u00a0}}",
        "{{prods[0].id}}", "{{a['b'].c}}", "{{{n}}",
        "{{n}}}", "{{huge}}", "{{u.1}}", "{{{a}}}{{{missing}}}", "{ {n} }",
        "{{properties.a}}{{properties.b}}", "{{10}}",
        "{{arr.length}}", "{{.}}", "{{timestamp}}", "{{{j}}}", "{{prods}}", "$.userId",
        "{{j}}", "{{traits.n}}{{",
    )),
)  # fmt: skip
_BRACES = tuple("{}{} $.'[]n0a")
_FIELD_NAMES = (
    "userId", "a", "b", "eventName", "x", "0", "2", "01", "", "timestamp", "traits", "10",
    "a.b", "_metadata", "c d",
)  # fmt: skip

Make = Callable[[Tape, int], Any]


def path(tape: Tape, depth: int) -> Any:
    text = tape.pick(PATHS)
    return mutated(tape, text, tuple("$.[]'\"0ab ")) if tape.chance(8) else text


def template(tape: Tape, depth: int) -> Any:
    text = tape.pick(TEMPLATES)
    return mutated(tape, text, _BRACES) if tape.chance(15) else text


def text_source(tape: Tape, depth: int) -> Any:
    """Make what may stand where a string or a directive is wanted."""
    if depth > 0 and tape.chance(75):
        return directive(tape, depth)
    return {"@path": path(tape, depth)} if tape.chance(40) else tape.pick(TEXTS)


def string_of(*options: Any) -> Make:
    return lambda tape, _depth: tape.pick(options)


def node(tape: Tape, depth: int) -> Any:
    """Make any mapping value: a directive most often."""
    kind = tape.below(20)
    if depth <= 0:
        return {"@path": path(tape, 0)} if kind < 12 else scalar(tape)
    if kind < 13:
        return directive(tape, depth)
    if kind < 16:
        return scalar(tape)
    if kind < 18:
        return fields(tape, depth - 1)
    return [_loose(tape, depth - 1) for _ in range(tape.between(0, 3))]


def _loose(tape: Tape, depth: int) -> Any:
    """Make a value for where the validator does not look."""
    made = node(tape, depth)
    return _spoiled(tape, made) if tape.chance(12) and isinstance(made, dict) else made


def fields(tape: Tape, depth: int) -> dict[str, Any]:
    return {tape.pick(_FIELD_NAMES): node(tape, depth) for _ in range(tape.between(1, 3))}


def options(**makers: Make) -> Make:
    """Make an operand of options, each there in 93 of a hundred cases."""

    def make(tape: Tape, depth: int) -> Any:
        made = {name: maker(tape, depth) for name, maker in makers.items() if not tape.chance(7)}
        if tape.chance(2):
            made[tape.pick(("extra", "value", "mapping", "0"))] = node(tape, depth - 1)
        if made and tape.chance(4):
            made[tape.pick(tuple(made))] = scalar(tape)
        return made

    return make


def some_options(**makers: Make) -> Make:
    """Make an operand of options each of which is there or not."""
    return lambda tape, depth: {
        name: maker(tape, depth) for name, maker in makers.items() if not tape.chance(35)
    }


def array_path(tape: Tape, depth: int) -> Any:
    start = directive(tape, depth - 1) if depth > 1 and tape.chance(20) else path(tape, depth)
    kind = tape.below(10)
    if kind < 4:
        return [
            start,
            {tape.pick(_FIELD_NAMES): _item(tape, depth - 1) for _ in range(tape.between(1, 2))},
        ]
    if kind < 7:
        return [start, _item(tape, depth - 1)]
    return (
        [start] if kind < 9 else tape.pick(([], [start, {}], [start, "x"], [start, None, 1], start))
    )


def _item(tape: Tape, depth: int) -> Any:
    return {"@path": tape.pick(ITEM_PATHS)} if tape.chance(70) else directive(tape, depth)


def objects(tape: Tape, depth: int) -> Any:
    return [_object(tape, depth) for _ in range(tape.between(0, 3))]


def _object(tape: Tape, depth: int) -> Any:
    kind = tape.below(20)
    if kind < 9:
        return {"@path": path(tape, depth)}
    return (
        fields(tape, depth - 1) if kind < 15 else object_of(tape, 1) if kind < 19 else scalar(tape)
    )


def condition(tape: Tape, depth: int) -> Any:
    made = some_options(then=node, **{"else": node})(tape, depth - 1)
    asked = tape.pick(("exists", "exists", "blank", "blank", "both", "none"))
    for name in ("exists", "blank"):
        if asked in {name, "both"}:
            made[name] = {"@path": path(tape, 0)} if tape.chance(70) else node(tape, depth - 1)
    return dict(reversed(made.items()))


_PATTERNS = weighted(("a", 6), ("t", 4), (" ", 3), ("e", 3), *((text, 1) for text in ("a",
"x", " ", ".", "$", "[", "\\", "b", "0123456789", "01234567890", "",
    "ß", "é", "k", "σ", "ſ", "^", "|", "1", "\ud83d", "#",
)))  # fmt: skip
_REPLACEMENTS = (
    "",
    "-",
    "$&",
    "$$",
    "$`",
    "$'",
    "$1",
    "x$&y",
    "0123456789",
    "01234567890",
    "$<a>",
    "$",
    "é",
    "b",
)
_MODES = weighted(("encode", 9), ("decode", 9), ("ENCODE", 1), ("none", 1))
_SEPARATORS = weighted((".", 8), ("_", 4), ("", 1), ("--", 3), ({"@path": "$.s"}, 1), (5, 1))
_YES = weighted((True, 3), (False, 3), ({"@path": "$.t"}, 1), ("false", 1), (None, 1))
_BOOLEANS = weighted((True, 15), (False, 15), (None, 1), ("true", 1))

OPERANDS: dict[str, Make] = {
    "@path": path,
    "@template": template,
    "@literal": lambda tape, depth: _loose(tape, depth - 1) if tape.chance(60) else scalar(tape),
    "@if": condition,
    "@case": options(
        operator=string_of("lower", "upper", "lower", "upper", "Lower"), value=text_source
    ),
    "@replace": options(
        pattern=string_of(*_PATTERNS),
        replacement=string_of(*_REPLACEMENTS),
        value=text_source,
        **{"global": string_of(*_BOOLEANS)},
    ),
    "@arrayPath": array_path,
    "@json": options(mode=string_of(*_MODES), value=node),
    "@flatten": options(separator=string_of(*_SEPARATORS), value=node, omitArrays=string_of(*_YES)),
    "@merge": options(
        direction=string_of("left", "right", "right", "right", "left", "Left", "left", "x"),
        objects=objects,
    ),
    "@transform": options(apply=lambda t, d: fields(t, d - 1), mapping=_object),
    "@excludeWhenNull": node,
}
_full_replace = options(
    pattern=string_of(*_PATTERNS),
    replacement=string_of(*_REPLACEMENTS),
    pattern2=string_of(*_PATTERNS),
    replacement2=string_of(*_REPLACEMENTS),
    ignorecase=string_of(*_BOOLEANS),
    value=text_source,
)
_NAMES = weighted(
    ("@path", 10), ("@template", 4), ("@literal", 3), ("@if", 5), ("@case", 3), ("@replace",
    5), ("@arrayPath", 5),
    ("@json", 4), ("@flatten", 4), ("@merge", 4), ("@transform", 4), ("@excludeWhenNull", 3),
)  # fmt: skip


def directive(tape: Tape, depth: int) -> Any:
    name = tape.pick(_NAMES) if depth > 0 else "@path"
    make = OPERANDS[name]
    if name == "@replace" and tape.chance(50):
        make = _full_replace
    made = {name: make(tape, depth - 1)}
    return _spoiled(tape, made) if tape.chance(5) else made


def _spoiled(tape: Tape, made: dict[str, Any]) -> dict[str, Any]:
    """Put one fault into a directive or object; `_metadata` is no fault but must not matter."""
    fault = tape.below(8)
    name = next(iter(made), "@path")
    if fault < 3:
        return {**made, "_metadata": tape.pick((None, {"label": "x"}, {"@path": 5}))}
    if fault == 3:
        return {name: scalar(tape)}
    if fault == 4:
        return {**made, tape.pick(("@path", "@if", "@template", "@nope")): scalar(tape)}
    if fault == 5:
        return {**made, tape.pick(("other", "value", "", "0")): scalar(tape)}
    return (
        {tape.pick(("@nope", "@", "@Path", "@path ")): made.get(name)}
        if fault == 6
        else {"@path": None}
    )


def root(tape: Tape) -> Any:
    return odd_root(tape) if tape.chance(14) else fields(tape, 3)


def odd_root(tape: Tape) -> Any:
    """Make a mapping that is no object of fields: a root directive, or no object at all."""
    kind = tape.below(14)
    if kind < 7:
        return directive(tape, 3)
    if kind < 12:
        return _internal(tape)
    return tape.pick((None, "text", "", "😀x", [], [{"@path": "$.n"}, {"@path": 5}], 5, True, {}))


def _internal(tape: Tape) -> dict[str, Any]:
    """Make a mapping with the internal root directive, malformed in all its ways at times."""
    inner: Any = {"@transform": {"apply": fields(tape, 1)}}
    if tape.chance(35):
        inner = tape.pick((
            None, {}, "x", "xy", 5, [], [[]], {"@transform": None},
            {"@merge": {"direction": "left", "objects": []}},
            {"@if": {"exists": 1, "then": 2}}, {"@transform": {"apply": {}}, "_metadata": 1},
            {"@literal": []},
            {"@transform": {"apply": {"q": 1}, "mapping": {"old": 1}}}, {"@path": "$.n"},
            {"a": {"b": 1}},
        ))  # fmt: skip
    rest = {
        tape.pick(("userId", "a", "x")): {"@path": tape.pick(("$.userId", "$.a", "$.q", "$.x"))}
    }
    return {"__segment_internal_directive": inner, **rest, **fields(tape, 1)}


def field_case(tape: Tape) -> dict[str, Any]:
    # No object, no look at the mapping: there is but one thing to tell.
    if tape.chance(1):
        return {"mapping": {"a": {"@path": "$.n"}}, "event": tape.pick((None, [], "text", 5))}
    return {"mapping": root(tape), "event": event(tape)}


FIELDS = taped(field_case, length=140)
"""Each a dict of `mapping` and `event`."""
