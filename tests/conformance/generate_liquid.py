"""Liquid templates: the tags and filters Segment leaves on, over events with odd values.

Most templates are built from a grammar and so render; some get a disabled tag or filter, some a
changed character. What depends on the clock (`now`, `today`) is in
generate_zones; what depends on chance (`sample`) is left out.
"""

import re
from collections.abc import Callable
from typing import Any

from sandbox.strategies.tape import Tape
from tests.conformance.generate_dates import date_text
from tests.conformance.generate_values import TEXTS, event
from tests.conformance.tape import mutated, weighted

_VARIABLES = weighted(
    *((name, 4) for name in ("userId", "n", "s", "properties.a", "traits.email", "timestamp",
    "arr", "properties")),
    *((name, 1) for name in (
        "missing", "nul", "f", "t", "z", "e", "u", "huge", "nested", "o", "prods", "arr[0]",
        "prods[0].id", "prods.first.id",
        "arr.last", "arr.size", "s.size", "o.size", "a.b.c", 'a["b"].c', "nested[0][1]",
        "properties.f", "missing.x", "none",
        "arr[-1]", "arr[9]", "event", "context.library.version", "prods.length", "arr.first",
        "none.first", "j", "x", "i", "cap",
        "context", "traits.plan", "prods.size", "n.x", "blank", "empty", "nil",
        "arr[n]", "a[s]", '["userId"]', "arr.0", "u[0]", "s.first", "nested.first.last",
        "(1..n)", 'arr["1"]',
        "prods[arr[0]].id", "a.b['c']", 'properties["a"]', "s[0]", "(n..arr[0])", "o.a.b",
        "a['0']", "2", "it",
    )),
)  # fmt: skip
_LITERALS = (
    '"text"', "'a,b,c'", "5", "0", "-3", "2.5", "true", "false", "nil", '""', '"5"', '"1.5"',
    "10", "'2021-02-01'", '" x "',
    "(1..3)", "1.0", "'é😀'", "'<b>&amp;'", '"aXbXc"', "100", "'12abc'", '"  a  b  "', "-0.5",
    "3.7", '"%Y-%m"', "blank",
    "1000000", "'a b'", "0.1",
)  # fmt: skip
_NUMBER_ARGUMENTS = ("2", "0", "-1", "3", "1.5", "10", '"4"', "n", "'x'", "missing", "0.1")
_TEXT_ARGUMENTS = (
    '"a"',
    "''",
    '" "',
    '","',
    "'X'",
    '"é"',
    "s",
    "5",
    "missing",
    '"$&"',
    "'b'",
    '"."',
    "n",
)
FORMATS = (
    '"%Y-%m-%d"', '"%s"', "'%H:%M:%S'", '"%b %d, %y"', '"%A %e %B %j"', '"%L %p %I"',
    '"%-d/%-m"', '"%Z %z"', '"%%"', "'%F %T'",
    '"%D %R"', '"%u %w %C"', '"text"', '"%N %P"', '"%c"', '"%x %X"', '"%U %W"',
    '"%q %10Y %^a"', '""',
)  # fmt: skip
NO, ONE_NUMBER, ONE_TEXT = "no", "number", "text"
_WITHOUT = (
    "upcase", "downcase", "capitalize", "strip", "lstrip", "rstrip", "size", "first", "last",
    "abs", "ceil", "floor", "round",
    "escape", "escape_once", "url_encode", "url_decode", "base64_encode", "base64_decode",
    "strip_html", "strip_newlines",
    "json", "jsonify", "inspect", "to_integer", "compact", "sum", "pop", "shift",
    "xml_escape", "cgi_escape", "uri_escape",
    "slugify", "normalize_whitespace", "number_of_words", "raw", "unknown_filter",
    "date_to_string", "date_to_xmlschema",
    "date_to_rfc822", "date_to_long_string", "join",
)  # fmt: skip
_WITH_NUMBER = (
    "plus", "minus", "times", "divided_by", "modulo", "at_least", "at_most", "round",
    "truncate", "truncatewords", "slice", "default",
)  # fmt: skip
_WITH_TEXT = (
    "append", "prepend", "remove", "remove_first", "remove_last", "split", "join", "default",
    "push", "unshift", "sum", "where",
    "hmac_sha256", "slugify",
)  # fmt: skip
_DISABLED_FILTERS = (
    "map",
    "sort",
    "concat",
    "reverse",
    "uniq",
    "newline_to_br",
    "type",
    "find",
    "group_by",
    "where_exp",
)
_DISABLED_TAGS = (
    "{% for x in arr %}{{x}}{% endfor %}", "{% case n %}{% when 5 %}a{% endcase %}",
    "{% include 'a' %}", "{% render 'a' %}",
    "{% tablerow x in arr %}{% endtablerow %}", "{% layout 'a' %}",
)  # fmt: skip
_BROKEN = (
    "{{ unclosed", "{% if x %}", "{% unknown %}", "{{ }}", "{{ $.userId }}", "{{ 1e3 }}",
    "{{-5 | abs}}", "{% endif %}", "{{ a | }}",
    "{{ 'x }}", "{% assign %}", "{{ a b }}", "{{ n | plus }}", "{{ n | plus: }}",
    "{% if %}a{% endif %}", "{{ arr[ }}", "{%",
    "{{ a.b. }}", "{% raw %}{{ x", "{{ n || 5 }}", "{% else %}", "{{ 'a' 'b' }}", "{{ . }}",
    "{{ a..b }}",
)  # fmt: skip
UNCLOSED = (
    r"{{ 'a\u00", r"{{ x }}{{ 'a\u", r'{{ x | append: "\u12', r"{{ 'a\u00' 'b\u0", r"{{ 'a\u0041",
    r"{{ 'a\u00zz", r"{{ 'a\u00'", "{{ 'a\\", r"{% if 'a\u00", r"{% raw %}{{ 'a\u00",
)  # fmt: skip
"""Outputs and tags without an end, most of them in the midst of an escape."""
_OPERATORS = weighted(
    (" == ", 4),
    (" != ", 3),
    (" > ", 2),
    (" < ", 2),
    (" >= ", 1),
    (" <= ", 1),
    (" contains ", 3),
    (" = ", 1),
    (" <> ", 1),
)
_LETTERS = "YmdHMSsLNzZjAaBbeIlpPyCuwUWDFTRrcxXtnqvGVEQ%k+h"
_OFFSETS = (
    "60",
    "-330",
    "'Europe/Berlin'",
    "'America/New_York'",
    "'UTC'",
    "'Mars'",
    "0",
    "n",
    "'60'",
    "1.5",
)
_CLOCK = re.compile("now|today", re.IGNORECASE)  # what hangs on the clock is nobody's fault
_NO_QUOTES = str.maketrans("", "", "'\"%{}|")
_TEXTS = ("", "a", "x ", " - ", "\n", "é", "Hello ", "}}", "{", "%}", "$&")
_ALPHABET = tuple("{}%|:,.'\"- _$[]0na")


def expression(tape: Tape) -> str:
    kind = tape.below(40)
    if kind < 25:
        return tape.pick(_VARIABLES)
    return tape.pick(_LITERALS) if kind < 36 else literal(tape)


def literal(tape: Tape) -> str:
    """Write a number, a text or a date into the template."""
    kind = tape.below(4)
    if kind == 0:
        return f"{tape.below(2000) - 1000}" + (f".{tape.below(1000)}" if tape.chance(60) else "")
    text = tape.pick(TEXTS) if kind == 1 else date_text(tape)
    if _CLOCK.search(text):
        text = "2021-02-01"
    return (
        f"'{text.translate(_NO_QUOTES)}'" if tape.chance(50) else f'"{text.translate(_NO_QUOTES)}"'
    )


def date_filter(tape: Tape) -> str:
    formats = tape.pick(FORMATS)
    if tape.chance(50):
        pieces = [_directive(tape) for _ in range(tape.between(1, 3))]
        formats = '"' + tape.pick(("", " ", "-", ":")).join(pieces) + '"'
    return f"date: {formats}" + (f", {tape.pick(_OFFSETS)}" if tape.chance(10) else "")


def _directive(tape: Tape) -> str:
    flag = tape.pick("-^#_0:") if tape.chance(35) else ""
    width = str(tape.below(12)) if tape.chance(20) else ""
    return f"%{flag}{width}{tape.pick(_LETTERS)}"


def filtered(tape: Tape) -> str:
    text = expression(tape)
    for _ in range(tape.pick((0, 1, 1, 1, 2, 3))):
        text += " | " + filter_call(tape)
    return text


def filter_call(tape: Tape) -> str:
    kind = tape.below(40)
    if kind < 15:
        return tape.pick(_WITHOUT)
    if kind < 24:
        return f"{tape.pick(_WITH_NUMBER)}: {tape.pick(_NUMBER_ARGUMENTS)}"
    if kind < 31:
        return f"{tape.pick(_WITH_TEXT)}: {tape.pick(_TEXT_ARGUMENTS)}"
    if kind < 35:
        name = tape.pick(
            (
                "replace",
                "replace_first",
                "replace_last",
                "truncate",
                "slice",
                "truncatewords",
                "where",
            )
        )
        first = tape.pick(_NUMBER_ARGUMENTS if name[0] in "ts" else _TEXT_ARGUMENTS)
        second = tape.pick(_NUMBER_ARGUMENTS if name == "slice" else _TEXT_ARGUMENTS)
        return f"{name}: {first}, {second}"
    if kind < 38:
        return date_filter(tape)
    if kind < 39:
        return tape.pick(
            (
                "default: 'd', allow_false: true",
                "json: 2",
                "slugify: 'pretty'",
                "round: 2",
                "date",
                "where: 'id', 1",
                "push: 1, 2",
            )
        )
    return tape.pick(_DISABLED_FILTERS)


def output(tape: Tape, depth: int) -> str:
    before, after = tape.pick(
        (("{{ ", " }}"), ("{{ ", " }}"), ("{{", "}}"), ("{{- ", " -}}"), ("{{-", " }}"))
    )
    return before + filtered(tape) + after


def condition(tape: Tape) -> str:
    text = expression(tape)
    if tape.chance(60):
        text += tape.pick(_OPERATORS) + expression(tape)
    if tape.chance(25):
        text += tape.pick((" and ", " or ")) + expression(tape)
    return ("not " if tape.chance(4) else "") + text


def branch(tape: Tape, depth: int) -> str:
    name = "unless" if tape.chance(30) else "if"
    text = f"{{% {name} {condition(tape)} %}}{body(tape, depth - 1)}"
    if tape.chance(25):
        text += f"{{% elsif {condition(tape)} %}}{body(tape, depth - 1)}"
    if tape.chance(45):
        text += f"{{% else %}}{body(tape, depth - 1)}"
    return f"{text}{{% end{name} %}}"


def assignment(tape: Tape, depth: int) -> str:
    name = tape.pick(("x", "i", "cap", "n"))
    if tape.chance(30):
        return f"{{% capture {name} %}}{body(tape, depth - 1)}{{% endcapture %}}{{{{ {name} }}}}"
    return f"{{% assign {name} = {filtered(tape)} %}}{{{{ {name} }}}}"


def small_tag(tape: Tape, depth: int) -> str:
    return tape.pick((
        "{% increment i %}", "{% decrement i %}", "{% increment n %}{{ n }}",
        "{% cycle 'a', 'b' %}{% cycle 'a', 'b' %}",
        "{% comment %}hidden {{ x }}{% endcomment %}", "{% raw %}{{ n }}{% endraw %}",
        "{% echo n | plus: 1 %}", "{%- # note -%} ",
        "{% liquid assign x = n\necho x %}", "{% block b %}in{% endblock %}",
        "{% break %}after", "{% continue %}", "{% cycle n, s %}",
        "{% liquid\nif t\necho 'yes'\nelse\necho 'no'\nendif %}",
        "{% cycle 'g': 1, 2 %}{% cycle 'g': 1, 2 %}{% cycle 'g': 1, 2 %}",
        "{%- assign y = 5 -%} {{ y }}", "{% inline_comment %}", "{% # a %}", "{% echo %}",
    ))  # fmt: skip


_PIECES: tuple[Callable[[Tape, int], str], ...] = weighted(
    (output, 12), (branch, 4), (assignment, 3), (small_tag, 2)
)


def body(tape: Tape, depth: int) -> str:
    text = tape.pick(_TEXTS)
    if depth > 0 or tape.chance(50):
        make = tape.pick(_PIECES) if depth > 0 else output
        text += make(tape, depth)
    return text


def template(tape: Tape) -> Any:
    kind = tape.below(60)
    if kind < 54:
        text = "".join(body(tape, 2) for _ in range(tape.pick((1, 1, 1, 2, 3))))
        return mutated(tape, text, _ALPHABET) if tape.chance(10) else text
    if kind < 57:
        return tape.pick(_BROKEN)
    return (
        tape.pick(_DISABLED_TAGS)
        if kind < 59
        else tape.pick(("", "x" * 1000, "x" * 1001, "😀" * 501, 5, None))
    )


def liquid_case(tape: Tape) -> dict[str, Any]:
    return {"mapping": {"a": {"@liquid": template(tape)}}, "event": event(tape)}
