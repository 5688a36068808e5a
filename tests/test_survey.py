"""Survey: what a template names, without rendering it."""

import pytest

from sandbox.segment.liquid.survey import survey


@pytest.mark.parametrize(
    ("template", "variables"),
    [
        ("{{ userId }}", [("userId",)]),
        ("{{ properties.plan | upcase }}", [("properties", "plan")]),
        ("{{ 'a' | append: traits.email }}", [("traits", "email")]),
        ("{{ a | default: b, allow_false: c }}", [("a",), ("b",), ("c",)]),
        ("{{ event.properties['x y'].z }}", [("event", "properties", "x y", "z")]),
        ("{{ products[index.of].id }}", [("index", "of"), ("products",)]),
        ("{{ (first..last) | size }}", [("first",), ("last",)]),
        ("{% if a == b and c %}{{ d }}{% elsif e %}{% endif %}", [(x,) for x in "abcde"]),
        ("{% unless a %}{% echo b %}{% endunless %}", [("a",), ("b",)]),
        ("{% assign x = a | plus: b %}{{ x.y }}{{ c }}", [("a",), ("b",), ("c",)]),
        ("{% capture x %}{{ a }}{% endcapture %}{{ x }}", [("a",)]),
        ("{% liquid\nassign x = a\nif x\necho b\nendif %}", [("a",), ("b",)]),
        ("{% comment %}{{ a }}{% endcomment %}{% raw %}{{ b }}{% endraw %}{{ c }}", [("c",)]),
        ("{{ 'text' }} {{ 5 }} {{ nil }} text", []),
        ("{{ a }}{{ a }}", [("a",)]),
    ],
)
def test_the_variables_of_a_template_are_found(template, variables):
    assert list(survey(template).variables) == variables


@pytest.mark.parametrize(
    ("template", "filters"),
    [
        ("{{ a | upcase | nope: 1 }}", ["upcase", "nope"]),
        ("{% assign b = a | map: 'x' %}{% if a | size %}{% endif %}", ["map", "size"]),
        ("{% comment %}{{ a | sort }}{% endcomment %}", []),
    ],
)
def test_the_filters_of_a_template_are_found(template, filters):
    assert [call.name for call in survey(template).calls] == filters


def test_the_tags_of_a_template_are_found_outside_of_comments():
    found = survey("{% if a %}{% raw %}{% for x in y %}{% endraw %}{% endif %}")

    assert found.tags == ("if", "raw", "endif")
    assert found.error is None


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ unclosed", 'output "{{ unclosed" not closed, line:1, col:1'),
        ("{% for x in y %}{% endfor %}", 'tag "for" is disabled, line:1, col:1'),
        ("{% if a %}", "tag {% if a %} not closed, line:1, col:1"),
        ("{{ $.userId }}", 'invalid value expression: "$.userId", line:1, col:4'),
    ],
)
def test_a_template_that_cannot_be_read_has_an_error(template, message):
    error = survey(template).error

    assert error is not None
    assert error.message == message
