"""Liquid, errors: what templates throw, told by liquidjs as Segment sets it up."""

import pytest

from sandbox.segment.errors import Thrown
from sandbox.segment.fields import compile_fields

EVENT = {
    "n": 5,
    "t": True,
    "arr": [1, 2, {"a": 1}],
    "o": {"a": 1},
    "lone": "\ud83d",
    "own": {"toString": 1},
}

THROWN = [
    (
        "{% if n = 5 %}1{% endif %}{% if n <> 4 %}2{% endif %}",
        "TokenizationError",
        'expected "|" before filter, line:1, col:10',
    ),
    ("{{ unclosed", "TokenizationError", 'output "{{ unclosed" not closed, line:1, col:1'),
    ("a\n  {{ unclosed", "TokenizationError", 'output "{{ unclosed" not closed, line:2, col:3'),
    ("{% if x %}", "ParseError", "tag {% if x %} not closed, line:1, col:1"),
    ("{% unless x %}", "ParseError", "tag {% unless x %} not closed, line:1, col:1"),
    ("{% capture a %}", "ParseError", "tag {% capture a %} not closed, line:1, col:1"),
    ("{% comment %}", "ParseError", "tag {% comment %} not closed, line:1, col:1"),
    ("{% block a %}", "ParseError", "tag {% block a %} not closed, line:1, col:1"),
    ("{% raw %}{{ x", "TokenizationError", 'raw "{% raw %}{{ x" not closed, line:1, col:10'),
    ("{% unknown %}", "ParseError", 'tag "unknown" not found, line:1, col:1'),
    ("{% endif %}", "ParseError", 'tag "endif" not found, line:1, col:1'),
    ("{% else %}", "ParseError", 'tag "else" not found, line:1, col:1'),
    ("{% for x in arr %}{% endfor %}", "ParseError", 'tag "for" is disabled, line:1, col:1'),
    ("{% case n %}{% endcase %}", "ParseError", 'tag "case" is disabled, line:1, col:1'),
    ('{% include "a" %}', "ParseError", 'tag "include" is disabled, line:1, col:1'),
    ('{% layout "a" %}', "ParseError", 'tag "layout" is disabled, line:1, col:1'),
    ('{% render "a" %}', "ParseError", 'tag "render" is disabled, line:1, col:1'),
    ("{% tablerow x in arr %}", "ParseError", 'tag "tablerow" is disabled, line:1, col:1'),
    ("{{ }}", "TokenizationError", 'invalid value expression: "", line:1, col:4'),
    ("{{ $.userId }}", "TokenizationError", 'invalid value expression: "$.userId", line:1, col:4'),
    ("{% if %}a{% endif %}", "TokenizationError", 'invalid value expression: "", line:1, col:6'),
    ("{% if t %}{% else x %}{% endif %}", "ParseError", 'unexpected "x", line:1, col:1'),
    ("{% if t %}{% endif x %}", "ParseError", 'unexpected "x", line:1, col:1'),
    ("{% if t %}{% else %}{% else %}{% endif %}", "ParseError", "duplicated else, line:1, col:1"),
    (
        "{% if t %}{% else %}{% elsif t %}{% endif %}",
        "ParseError",
        "unexpected elsif after else, line:1, col:1",
    ),
    ("{% assign %}", "TokenizationError", "expected variable name, line:1, col:10"),
    ("{% assign x 5 %}", "TokenizationError", 'expected "=", line:1, col:13'),
    ("{% assign x = %}", "TokenizationError", 'invalid value expression: "", line:1, col:14'),
    ("{% capture %}{% endcapture %}", "TokenizationError", "invalid capture name, line:1, col:11"),
    ("{% cycle %}", "TokenizationError", 'empty candidates: "{% cycle %}", line:1, col:9'),
    ("{% %}", "TokenizationError", "illegal tag syntax, tag name expected, line:1, col:4"),
    ("{%", "TokenizationError", 'tag "{%" not closed, line:1, col:1'),
    ("{{ n | plus 5 }}", "TokenizationError", 'expected ":" after filter name, line:1, col:13'),
    ("{{ n || 5 }}", "TokenizationError", "expected filter name, line:1, col:7"),
    ("{{ n | plus: 1 2 }}", "TokenizationError", 'unexpected character "2", line:1, col:16'),
    ("{{ arr[0 }}", "TokenizationError", "[ not closed, line:1, col:9"),
    ("{{ (1.3) }}", "TokenizationError", "invalid range syntax, line:1, col:9"),
    ("{{ (1..) }}", "TokenizationError", 'unexpected token ")", value expected, line:1, col:8'),
    ("{{ (1..3 }}", "TokenizationError", "invalid range syntax, line:1, col:10"),
    (
        "{% # a\nb %}",
        "ParseError",
        "every line of an inline comment must start with a '#' character, line:1, col:1",
    ),
    ("{% liquid\nif x\n%}", "ParseError", "tag if x not closed, line:2, col:1"),
    ("{% liquid\n  nope\n%}", "ParseError", 'tag "nope" not found, line:2, col:3'),
    ("{% liquid\n = %}", "TokenizationError", "illegal liquid tag syntax, line:2, col:2"),
    ('{{ arr | map: "a" }}', "RenderError", 'filter "map" is disabled, line:1, col:1'),
    ("x\n{{ n }}{{ arr | sort }}", "RenderError", 'filter "sort" is disabled, line:2, col:8'),
    ("{{ n | append }}", "RenderError", "append expect 2 arguments, line:1, col:1"),
    ("{{ n | prepend: 1, 2 }}", "RenderError", "prepend expect 2 arguments, line:1, col:1"),
    ('{{ "%" | url_decode }}', "RenderError", "URI malformed, line:1, col:1"),
    ("{{ lone | url_encode }}", "RenderError", "URI malformed, line:1, col:1"),
    ("{{ own }}", "RenderError", "Cannot convert object to primitive value, line:1, col:1"),
    (
        "{% if t %}\n{{ own | upcase }}{% endif %}",
        "RenderError",
        "Cannot convert object to primitive value, line:2, col:1",
    ),
    (
        "{{ o[own] }}",
        "UndefinedVariableError",
        "Cannot convert object to primitive value, line:1, col:4",
    ),
    ("{{ (1..999999999) }}", "RenderError", "memory alloc limit exceeded, line:1, col:1"),
    ('{{ 0 | date: "%999999999d" }}', "RenderError", "memory alloc limit exceeded, line:1, col:1"),
    (
        '{% assign x = "\\u12 %}',
        "ParseError",
        "Cannot read properties of undefined (reading 'charCodeAt'), line:1, col:1",
    ),
    ("{{ n | reverse }}", "RenderError", 'filter "reverse" is disabled, line:1, col:1'),
    (
        '{{ "a" | newline_to_br }}',
        "RenderError",
        'filter "newline_to_br" is disabled, line:1, col:1',
    ),
]


def rendered(template, event=EVENT):
    return compile_fields({"x": {"@liquid": template}})(event)["x"]


def error_of(template, event=EVENT):
    with pytest.raises(Thrown) as caught:
        rendered(template, event)
    return caught.value.name, caught.value.message


@pytest.mark.parametrize(("template", "name", "message"), THROWN)
def test_a_template_throws_what_liquidjs_throws(template, name, message):
    assert error_of(template) == (name, message)
