"""Liquid, rendering: what templates print, told by liquidjs as Segment sets it up."""
# ruff: noqa: E501 - a template and what it gives stand on one line

import pytest

from sandbox.segment.fields import compile_fields
from sandbox.surroundings import OUTSIDE

EVENT = {
    "n": 5,
    "z": 0,
    "f": False,
    "t": True,
    "nul": None,
    "e": "",
    "s": "Hello World",
    "arr": [1, 2, {"a": 1}],
    "words": ["b", "a", None],
    "o": {"a": 1, "b c": "x", "size": 9},
    "plain": {"a": 1, "b": 2},
    "nested": [[1, 2], [3]],
    "prods": [{"id": 1, "in": True}, {"id": 2}, {"id": None}],
    "ts": "2021-02-01T10:20:30.456Z",
    "epoch": 1612137600,
    "huge": 1e21,
    "tiny": 1e-07,
    "big": 12345678901234567890,
    "html": "<b>x</b> & \"y\" 'z'<!-- c --><script>a</script>",
    "smile": "a😀b",
    "lone": "\ud83d",
    "lines": "a\r\nb\n c",
    "cjk": "日本語 text two",
}

PRINTED = [
    ("{{ n }}-{{ z }}-{{ f }}-{{ t }}-{{ nul }}-{{ missing }}-{{ e }}", "5-0-false-true---"),
    ("{{ arr }}", "12[object Object]"),
    ("{{ nested }}", "123"),
    ("{{ o }}", "[object Object]"),
    ("{{ huge }} {{ tiny }} {{ big }}", "1e+21 1e-7 12345678901234567000"),
    ("{{ arr.size }} {{ s.size }} {{ plain.size }} {{ o.size }} {{ n.size }}|", "3 11 2 9 |"),
    ("{{ arr.first }} {{ arr.last.a }} {{ s.first }}|{{ arr.length }}", "1 1 |3"),
    ("{{ size }} {{ first }}|", "0 |"),
    ('{{ arr[0] }}{{ arr[-1].a }}{{ arr[9] }}|{{ arr["0"] }}', "11|1"),
    ('{{ o["b c"] }} {{ o[missing] }}|{{ ["n"] }}', "x |5"),
    ("{{ s[0] }}{{ smile[1] | json }}", 'H"\\ud83d"'),
    ("{{ constructor }}{{ o.toString }}{{ __proto__ }}|", "|"),
    ("{{ nul.a.b }}{{ missing.a.b }}|", "|"),
    ("{{ nil }}{{ empty }}{{ blank }}|", "|"),
    ("{{ true }} {{ false }}", "true false"),
    ('{{ "a\\n\\u00e9\\101\\x" }}', "a\néAx"),
    ("{{ 'it' }}{{ \"😀\" }}", "it😀"),
    ("{{ 5 }} {{ -5 }} {{ +5 }} {{ 2.50 }} {{ 5. }}|{{ 1e3 }}|{{ .n }}", "5 -5 5 2.5 5||5"),
    ("{{ (1..4) }} {{ (n..7) }} {{ (3..1) }}|", "1234 567 |"),
    ("{{ n s }}", "5"),
    ("{{ n | }}", "5"),
    ("{{ n | nothing: 1 }}", "5"),
    ('{{ 1 == 1 }} {{ n > 3 and s contains "W" }}', "true true"),
    ("{{ a-b }}|{{n}}", "|5"),
    ("{{ n -}}  x", "5x"),
    ("{{-5 | abs}}", "5"),
    ("{{ n plus }}", "5"),
    ("{{ n ? }}", "5"),
]

WHITE_SPACE = [
    ("a {{- n -}} b", "a5b"),
    ("a \n{%- if t -%}\n x \n{%- endif -%}\n b", "axb"),
    ("{{- n }} {{ n -}}", "5 5"),
    ("a {%- raw %} {{ n }} {% endraw -%} b", "a {{ n }} b"),
    ("  {%- assign x = 1 %}  x", "  x"),
    ("a {%- comment -%} b {%- endcomment -%} c", "ac"),
]

TAGS = [
    ("{% assign x = s | upcase %}{{ x }}", "HELLO WORLD"),
    ("{% assign x = 5 %}{% assign x = x | plus: x %}{{ x }}", "10"),
    ("{% capture x %}a{{ n }}b{% endcapture %}{{ x | append: x }}", "a5ba5b"),
    ('{% capture "x y" %}1{% endcapture %}{{ ["x y"] }}', "1"),
    ("{% if n == 5 %}a{% elsif t %}b{% else %}c{% endif %}", "a"),
    ("{% if missing %}a{% elsif z %}b{% else %}c{% endif %}", "b"),
    ("{% unless f %}a{% endunless %}{% unless t %}b{% else %}c{% endunless %}", "ac"),
    ("{% unless t %}a{% elsif n %}b{% else %}c{% else %}d{% endunless %}", "b"),
    ('{% cycle "a", "b" %}{% cycle "a", "b" %}{% cycle "a", "b" %}', "aba"),
    ('{% cycle "g": 1, 2 %}{% cycle "h": 1, 2 %}{% cycle "g": 1, 2 %}', "112"),
    ("{% cycle 1, 2 %}{% cycle 3, 4 %}", "14"),
    ('{% cycle 0, "x" %}{% cycle 0, "x" %}', "x"),
    ("{% increment i %}{% increment i %}{{ i }}", "012"),
    ("{% decrement i %}{% decrement i %}{{ i }}", "-1-2-2"),
    ("{% increment n %}{{ n }}", "56"),
    ("{% assign i = 9 %}{% increment i %}{{ i }}", "09"),
    ("{% echo n | plus: 1 %}{% echo %}", "6"),
    ("{% comment %}{{ n }}{% if %}{% endcomment %}x", "x"),
    ("{% # note\n# more %}x", "x"),
    ("{% raw %}{{ n }}{% if %}{% endraw %}", "{{ n }}{% if %}"),
    (
        '{% liquid assign x = n\n  if x > 3\n echo "big"\n else\n echo "small"\n endif\n# note\n echo s %}',
        "bigHello World",
    ),
    ("{% block b %}[{{ block }}{{ block.super }}]{% endblock %}", "[[object Object]]"),
    ("a{% break %}b", "a"),
    ("a{% if t %}b{% continue %}c{% endif %}d", "ab"),
    ("{% capture x %}a{% break %}{% endcapture %}b", ""),
]

CONDITIONS = [
    (
        '{% if "" %}1{% endif %}{% if 0 %}2{% endif %}{% if nul %}3{% endif %}{% if arr %}4{% endif %}{% if empty %}5{% endif %}',
        "1245",
    ),
    (
        "{% if e == empty %}1{% endif %}{% if e == blank %}2{% endif %}{% if missing == nil %}3{% endif %}{% if nul == missing %}4{% endif %}",
        "123",
    ),
    (
        '{% if n == "5" %}1{% endif %}{% if n > "4" %}2{% endif %}{% if "b" > "a" %}3{% endif %}{% if nul < 1 %}4{% endif %}{% if nil < 1 %}5{% endif %}',
        "234",
    ),
    (
        '{% if arr contains 2 %}1{% endif %}{% if s contains "World" %}2{% endif %}{% if n contains 5 %}3{% endif %}{% if o contains "a" %}4{% endif %}',
        "12",
    ),
    (
        "{% if f and f or t %}1{% endif %}{% if t or f and f %}2{% endif %}{% if not f and t %}3{% endif %}",
        "23",
    ),
    (
        "{% if nested == nested %}1{% endif %}{% if o == o %}2{% endif %}{% if plain == o %}3{% endif %}",
        "12",
    ),
    ("{% if t AND f %}1{% endif %}", "1"),
    ("{% if == %}1{% endif %}2", "12"),
]

NUMBERS = [
    (
        "{{ 10 | divided_by: 4 }} {{ 10 | divided_by: 4, true }} {{ 1 | divided_by: 0 }} {{ 0 | divided_by: 0 }}",
        "2.5 2 Infinity NaN",
    ),
    ('{{ "5" | plus: 1 }} {{ s | plus: 1 }} {{ n | plus }} {{ nul | minus: 2 }}', "6 1 NaN -2"),
    ("{{ 7 | modulo: 3 }} {{ -7 | modulo: 3 }} {{ 5 | modulo: 0 }}", "1 2 NaN"),
    (
        "{{ 2.5 | round }} {{ -2.5 | round }} {{ 1.005 | round: 2 }} {{ 1234 | round: -2 }}",
        "3 -3 1.01 1200",
    ),
    (
        "{{ 1.2 | ceil }} {{ -1.2 | floor }} {{ -3 | abs }}|{{ 0.1 | plus: 0.2 }}",
        "2 -2 3|0.30000000000000004",
    ),
    ('{{ 5 | at_least: 7 }} {{ 5 | at_most: 3, 2 }} {{ 3 | times: "2" }}', "7 2 6"),
    (
        '{{ s | to_integer }} {{ "0x10" | to_integer }} {{ nul | to_integer }} {{ arr | to_integer }}',
        "NaN 16 0 NaN",
    ),
    ("{{ big | plus: 1 }} {{ huge | times: 10 }}", "12345678901234567000 1e+22"),
]

TEXTS = [
    (
        '{{ s | upcase }} {{ s | downcase }} {{ "aBC dE" | capitalize }}',
        "HELLO WORLD hello world Abc de",
    ),
    (
        '{{ " x " | strip }}|{{ " x " | lstrip }}|{{ " x " | rstrip }}|{{ "xaax" | strip: "x" }}',
        "x|x | x|aa",
    ),
    ('{{ s | append: n }} {{ s | prepend: "> " }}', "Hello World5 > Hello World"),
    (
        '{{ "aXbXc" | remove: "X" }} {{ "aXbXc" | remove_first: "X" }} {{ "aXbXc" | remove_last: "X" }}',
        "abc abXc aXbc",
    ),
    (
        '{{ "aXbXc" | replace: "X", "-" }} {{ "aXbXc" | replace_first: "X", "$&" }} {{ "aXbXc" | replace_last: "X" }}',
        "a-b-c a$&bXc aXbc",
    ),
    ('{{ "abc" | replace: "", "-" }}|{{ "" | replace: "", "-" }}', "a-b-c|"),
    (
        '{{ s | truncate: 8 }} {{ s | truncate: 8, "" }} {{ s | truncate: "7" }} {{ s | truncate: 2 }}',
        "Hello... Hello Wo Hell... ...",
    ),
    (
        '{{ "one two three" | truncatewords: 2 }} {{ "one two" | truncatewords: 2 }} {{ "one" | truncatewords: 0 }}',
        "one two... one two... one...",
    ),
    (
        '{{ s | slice: 1 }} {{ s | slice: 1, 3 }} {{ s | slice: -3, 2 }}|{{ s | slice: 1, "2" }}|{{ s | slice }}|',
        "e ell rl|ello World||",
    ),
    (
        '{{ smile | size }} {{ smile | slice: 1, 2 }} {{ smile | split: "" | json }}',
        '4 😀 ["a","\\ud83d","\\ude00","b"]',
    ),
    ("{{ lines | strip_newlines }}|{{ lines | normalize_whitespace }}", "ab c|a b c"),
    (
        '{{ cjk | number_of_words }} {{ cjk | number_of_words: "cjk" }} {{ s | number_of_words: "auto" }}',
        "3 5 2",
    ),
    (
        "{{ html | escape }}",
        "&lt;b&gt;x&lt;/b&gt; &amp; &#34;y&#34; &#39;z&#39;&lt;!-- c --&gt;&lt;script&gt;a&lt;/script&gt;",
    ),
    ('{{ "&amp; <" | escape_once }} {{ html | strip_html }}', "&amp; &lt; x & \"y\" 'z'"),
    (
        '{{ "a b&c/é+" | url_encode }} {{ "a%20b+c" | url_decode }} {{ "a b(c)" | cgi_escape }} {{ "a b[é]?" | uri_escape }}',
        "a+b%26c%2F%C3%A9%2B a b c a+b%28c%29 a%20b[%C3%A9]?",
    ),
    (
        '{{ "é" | base64_encode }} {{ "w6k=" | base64_decode }} {{ "YW-_" | base64_decode | base64_encode }}',
        "w6k= é YW/vv70=",
    ),
    ('{{ "abc" | sha256 }}', "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
        '{{ "abc" | hmac_sha256: "k" }}',
        "342e519ce0ad6c03a36b98eeb3f1d130db4813b9df4d1160eda488d712dc78ee",
    ),
    (
        '{{ "Ça va? É_1" | slugify }} {{ "Ça va" | slugify: "latin" }} {{ "Ça.va B" | slugify: "pretty", true }} {{ "Ça va" | slugify: "ascii" }} {{ "A b" | slugify: "none" }}',
        "ça-va-é-1 ça-va Ça.va-B a-va a b",
    ),
    (
        '{{ e | default: "d" }} {{ z | default: "d" }} {{ f | default: "d" }} {{ f | default: "d", allow_false: true }} {{ missing | default: "d" }}|{{ n | append: a: 1 }}',
        "d 0 d false d|5a1",
    ),
    ('{{ "ß ǆ" | upcase }} {{ "ΑΣ" | downcase }}', "SS Ǆ ας"),
    ("{{ s | raw }}", "Hello World"),
]

LISTS = [
    ('{{ "a,b,,c,," | split: "," | json }} {{ s | split: " " | first }}', '["a","b","","c"] Hello'),
    (
        '{{ arr | join }} {{ words | join: "-" }}|{{ nested | join: ";" }}|{{ n | join }}',
        "1 2 [object Object] b-a-|1,2;3|5",
    ),
    (
        "{{ arr | first }} {{ nested | last | json }} {{ s | first }}{{ s | last }}|{{ n | first }}|",
        "1 [3] Hd||",
    ),
    ("{{ arr | size }} {{ s | size }} {{ n | size }} {{ o | size }}", "3 11 0 0"),
    (
        "{{ words | compact | json }} {{ words | push: 1 | json }} {{ words | unshift: 0 | json }}",
        '["b","a"] ["b","a",null,1] [0,"b","a",null]',
    ),
    (
        "{{ arr | pop | json }} {{ arr | shift | json }} {{ arr | slice: 1, 2 | json }} {{ nul | slice: 0 | json }}",
        '[1,2] [2,{"a":1}] [2,{"a":1}] []',
    ),
    ('{{ nested | sum }} {{ prods | sum: "id" }} {{ "1,2,x" | split: "," | sum }}', "3 3 3"),
    (
        '{{ prods | where: "id", 2 | json }} {{ prods | where: "in" | json }} {{ prods | where: "id", nil | json }}',
        '[{"id":2}] [{"id":1,"in":true}] [{"id":null}]',
    ),
]

JSON = [
    (
        "{{ plain | json }} {{ words | jsonify }} {{ s | inspect }} {{ missing | json }}|{{ nul | json }} {{ nil | json }}",
        '{"a":1,"b":2} ["b","a",null] "Hello World" |null {}',
    ),
    ("{{ plain | json: 1 }}", '{\n "a": 1,\n "b": 2\n}'),
    ('{{ words | json: "--" }}', '[\n--"b",\n--"a",\n--null\n]'),
    ("{{ lone | json }} {{ huge | json }}", '"\\ud83d" 1e+21'),
]

DATES = [
    (
        '{{ "2021-02-01" | date: "%s" }} {{ epoch | date: "%s" }} {{ "1612137600" | date: "%Y" }}',
        "1612137600 1612137600 2021",
    ),
    ("{{ ts | date }}", "Monday, February 1, 2021 at 10:20 am +0000"),
    (
        '{{ ts | date: "%Y-%m-%d %H:%M:%S.%L %j %U %W %u %w" }}',
        "2021-02-01 10:20:30.456 032 05 05 1 1",
    ),
    (
        '{{ ts | date: "%a %A %b %B %h %C %y %e %k %l %I %p %P %q" }}',
        "Mon Monday Feb February Feb 20 21  1 10 10 10 AM am st",
    ),
    (
        '{{ ts | date: "%N %3N %z %:z %Z %c | %x | %X %t%n%%" }}',
        "456000000 456 +0000 +00:00 UTC 2/1/2021, 10:20:30 AM | 2/1/2021 | 10:20:30 AM \t\n%",
    ),
    (
        '{{ ts | date: "%-d %_m %05Y %^a %#B %#p %10N %E %é %" }}',
        "1  2 02021 MON FEBRUARY am 4560000000 %E %é %",
    ),
    (
        '{{ ts | date: "%H:%M %z", -330 }} {{ ts | date: "%H %z %Z", 90 }} {{ ts | date: "%Z", "UTC" }}',
        "15:50 +0530 08 -0130 -0130 UTC",
    ),
    (
        "{{ ts | date_to_xmlschema }} {{ ts | date_to_rfc822 }}",
        "2021-02-01T10:20:30+00:00 Mon, 01 Feb 2021 10:20:30 +0000",
    ),
    (
        '{{ ts | date_to_string }} {{ ts | date_to_long_string: "ordinal" }} {{ ts | date_to_string: "ordinal", "US" }}',
        "01 Feb 2021 1st February 2021 Feb 1st, 2021",
    ),
    (
        '{{ "nope" | date: "%Y" }}{{ nul | date: "%Y" }}{{ o | date: "%Y" }} {{ t | date: "%L" }}',
        "nope[object Object] 001",
    ),
    (
        '{{ "0000-03-01" | date: "%Y %j %U %C" }} {{ "-000001-01-01T00:00:00Z" | date: "%Y %y %x" }}',
        "0 060 08 0 -1  1/1/2",
    ),
]


def rendered(template, event=EVENT):
    return compile_fields({"x": {"@liquid": template}}, OUTSIDE)(event)["x"]


@pytest.mark.parametrize(
    ("template", "printed"),
    [
        pytest.param(template, printed, id=f"{topic}: {template}")
        for topic, cases in {
            "printed": PRINTED,
            "white space": WHITE_SPACE,
            "tags": TAGS,
            "conditions": CONDITIONS,
            "numbers": NUMBERS,
            "texts": TEXTS,
            "lists": LISTS,
            "json": JSON,
            "dates": DATES,
        }.items()
        for template, printed in cases
    ],
)
def test_a_template_prints_what_liquidjs_prints(template, printed):
    assert rendered(template) == printed
