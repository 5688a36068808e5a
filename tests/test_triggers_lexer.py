"""The lexer reads what Segment's lexer reads, and remembers where."""

import string

import pytest

from sandbox.segment.triggers.lexer import TriggerToken, tokenize
from sandbox.segment.triggers.mistakes import TriggerError


def read(text):
    """Return `kind:text` of each token but the last."""
    return [f"{token.kind}:{token.text}" for token in tokenize(text)[:-1]]


def refused_at(text):
    with pytest.raises(TriggerError) as refused:
        tokenize(text)
    return refused.value.position


def test_a_condition_is_a_name_an_operator_and_a_string_with_their_places():
    assert tokenize('type = "track"') == [
        TriggerToken("name", "type", 0, 4),
        TriggerToken("operator", "=", 5, 6),
        TriggerToken("string", '"track"', 7, 14),
        TriggerToken("eos", "eos", 14, 14),
    ]


def test_places_count_characters_also_behind_characters_of_two_units():
    assert tokenize('"😀" = x ')[1:] == [
        TriggerToken("operator", "=", 4, 5),
        TriggerToken("name", "x", 6, 7),
        TriggerToken("eos", "eos", 8, 8),
    ]
    assert refused_at('"😀" ~') == 4


def test_an_empty_text_has_only_its_end():
    assert tokenize("") == [TriggerToken("eos", "eos", 0, 0)]
    assert tokenize(" \t\n") == [TriggerToken("eos", "eos", 3, 3)]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("=", ["operator:="]),
        ("==", ["operator:=", "operator:="]),
        ("a=b ", ["name:a", "operator:=", "name:b"]),
        ("!= x", ["operator:!=", "name:x"]),
        ("!=", ["operator:!="]),
        ("!=)", ["operator:!=", "):)"]),
        ("!=]", ["operator:!=", "]:]"]),
        ("!=,", ["operator:!=", ",:,"]),
        ("!=\t", ["operator:!="]),
        ("!=\n", ["operator:!="]),
        ("< 5", ["operator:<", "number:5"]),
        ("> 5", ["operator:>", "number:5"]),
        ("<= 5", ["operator:<=", "number:5"]),
        (">= 5", ["operator:>=", "number:5"]),
        (">=5", ["operator:>", "operator:=", "number:5"]),
        ("<>", ["operator:<", "operator:>"]),
        ("!contains", ["operator:!", "name:contains"]),
        ("!Z9", ["operator:!", "name:Z9"]),
        ("!(", ["operator:!", "(:("]),
    ],
)
def test_operators(text, tokens):
    assert read(text) == tokens


@pytest.mark.parametrize("text", ["!", "! ", "!!a ", '!="x"', "!=5", "!_a", "!5", '!"x"', "!\\a"])
def test_a_bang_that_is_no_operator_is_refused(text):
    assert refused_at(text) == 0


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("and ", ["conditional:and"]),
        ("and", ["conditional:and"]),
        ("or,", ["conditional:or", ",:,"]),
        ("or]", ["conditional:or", "]:]"]),
        ("or\t", ["conditional:or"]),
        ("null)", ["null:null", "):)"]),
        ("null\n", ["null:null"]),
        ("and(", ["name:and", "(:("]),
        ("or= ", ["name:or", "operator:="]),
        ("AND ", ["name:AND"]),
        ("Null ", ["name:Null"]),
        ("andy ", ["name:andy"]),
        ("order ", ["name:order"]),
        ("nullable ", ["name:nullable"]),
        ("\\and ", ["name:and"]),
        ("and-x ", ["name:and-x"]),
    ],
)
def test_keywords_are_lower_case_and_end_where_a_word_ends(text, tokens):
    assert read(text) == tokens


@pytest.mark.parametrize(
    ("text", "name", "lost"),
    [
        ("a", "a", ""),
        ("an", "a", "n"),
        ("ab", "a", "b"),
        ("a+", "a", "+"),
        ("a\\", "a", "\\"),
        ("a;", "a", ";"),
        ('a"', "a", '"'),
        ("a.", "a", "."),
        ("o", "o", ""),
        ("n", "n", ""),
        ("no", "n", "o"),
        ("not", "n", "ot"),
        ("nul", "n", "ul"),
        ("n3", "n", "3"),
        ("n\r", "n", "\r"),
    ],
)
def test_a_word_in_a_or_n_that_the_text_ends_too_soon_behind_is_cut(text, name, lost):
    assert tokenize(text) == [
        TriggerToken("name", name, 0, len(text)),
        TriggerToken("eos", "eos", 1, len(text)),
    ]
    assert text[1:] == lost


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("ab ", ["name:ab"]),
        ("a)", ["name:a", "):)"]),
        ("no)", ["name:no", "):)"]),
        ("n,o", ["name:n", ",:,", "name:o"]),
        ("abc", ["name:abc"]),
        ("note", ["name:note"]),
        ("on", ["name:on"]),
        ("o=", ["name:o", "operator:="]),
        ("track", ["name:track"]),
        ("Ab", ["name:Ab"]),
    ],
)
def test_a_word_that_ends_early_or_goes_on_long_enough_is_kept(text, tokens):
    assert read(text) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("_", ["name:_"]),
        ("a_B-9 ", ["name:a_B-9"]),
        ("x\\ y", ["name:x y"]),
        ('\\"\\.\\[', ['name:".[']),
        ("\\\\ ", ["name:\\"]),
        ("\\é", ["name:é"]),
        ("\\\n", ["name:\n"]),
        ("x(", ["name:x", "(:("]),
        ("x)", ["name:x", "):)"]),
        ("x]", ["name:x", "]:]"]),
        ("x,", ["name:x", ",:,"]),
        ("x!y ", ["name:x", "operator:!", "name:y"]),
        ("x.", ["name:x", ".:."]),
    ],
)
def test_names(text, tokens):
    assert read(text) == tokens


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("x<5", 1),
        ("x>= 5", 1),
        ("x[0]", 1),
        ('x"y"', 1),
        ("x'y'", 1),
        ("x+y", 1),
        ("x:y", 1),
        ("x\r", 1),
        ("xé", 1),
        ("x😀", 1),
        ("\\😀", 1),
        ("type = x\\", 8),
        ("\\", 0),
        ("\\\\\\", 2),
    ],
)
def test_a_name_with_anything_else_behind_it_is_refused(text, position):
    assert refused_at(text) == position


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("properties.x", ["name:properties.x"]),
        ("properties . x\n.\ty", ["name:properties.x.y"]),
        ("properties.x\\.y", ["name:properties.x.y"]),
        ("properties.and ", ["name:properties", ".:.", "conditional:and"]),
        ("properties.or)", ["name:properties", ".:.", "conditional:or", "):)"]),
        ("properties.null", ["name:properties", ".:.", "null:null"]),
        ("properties.order.null.x", ["name:properties.order.null.x"]),
        ("properties.and=", ["name:properties.and", "operator:="]),
        ("properties.0", ["name:properties", ".:.", "number:0"]),
        ("properties.2nd ", ["name:properties", ".:.", "number:2", "name:nd"]),
        ("x..y", ["name:x", ".:.", ".:.", "name:y"]),
        ("x.y.", ["name:x.y", ".:."]),
        (".x", [".:.", "name:x"]),
        ("x y", ["name:x", "name:y"]),
    ],
)
def test_names_with_dots_between_are_one_name(text, tokens):
    assert read(text) == tokens


def test_a_joined_name_spans_all_its_parts():
    assert tokenize("properties . x = 1")[0] == TriggerToken("name", "properties.x", 0, 14)
    assert tokenize("x.an")[0] == TriggerToken("name", "x.a", 0, 4)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("0", ["number:0"]),
        ("007", ["number:007"]),
        ("+", ["number:+"]),
        ("-", ["number:-"]),
        ("-1.5", ["number:-1.5"]),
        ("+3", ["number:+3"]),
        ("--5", ["number:-", "number:-5"]),
        ("-.5", ["number:-.5"]),
        (".5", [".:.", "number:5"]),
        ("5.x", ["number:5.", "name:x"]),
        ("5.(", ["number:5.", "(:("]),
        ("1e5", ["number:1", "name:e5"]),
        ("0x1F", ["number:0", "name:x1F"]),
        ("5,", ["number:5", ",:,"]),
        ("5=", ["number:5", "operator:="]),
        ('5"x"', ["number:5", 'string:"x"']),
    ],
)
def test_numbers(text, tokens):
    assert read(text) == tokens


@pytest.mark.parametrize(
    ("text", "position"),
    [("5.", 1), ("5. ", 1), ("5.)", 1), ("-.,", 1), ("1.2.3", 3), ("5..", 2), ("1.2.", 3)],
)
def test_a_number_with_a_dot_at_its_end_or_two_is_refused(text, position):
    assert refused_at(text) == position


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ('""', ['string:""']),
        ("''", ["string:''"]),
        ('"a\'b"', ['string:"a\'b"']),
        ("'a\"b'", ["string:'a\"b'"]),
        ('"a\n\té"', ['string:"a\n\té"']),
        ('"a\\"', ['string:"a\\"']),
        ('"a")', ['string:"a"', "):)"]),
        ('"a"]', ['string:"a"', "]:]"]),
        ('"a",', ['string:"a"', ",:,"]),
        ('"a"\n"b"\t', ['string:"a"', 'string:"b"']),
        ('"a"b\' c" ', ['string:"a"', 'string:"b\' c"']),
        ('"a"b"c"', ['string:"a"', 'string:"b"', 'string:"c"']),
        ('"a"""', ['string:"a"', 'string:""', 'string:""']),
        ("'a'b'", ["string:'a'", "string:'b'"]),
    ],
)
def test_a_closing_quote_opens_the_next_string_where_no_word_ends_behind_it(text, tokens):
    assert read(text) == tokens


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ('"', 0),
        ("x = 'a\"", 4),
        ('"a"b', 2),
        ('"a" "b"c', 6),
        ('"a".', 2),
        ('"a"=', 2),
        ('"a"\r', 2),
        ("'a'\"b\"", 2),
    ],
)
def test_a_string_without_an_end_is_refused(text, position):
    assert refused_at(text) == position


@pytest.mark.parametrize("sign", list("&|;*/^%@#$~`?:{}\r\v\f\0é\u00a0\ufeff\u2028“😀\ud83d"))
def test_any_other_character_is_refused(sign):
    assert refused_at(f" {sign}x ") == 1


@pytest.mark.parametrize("letter", string.ascii_letters + "_")
def test_every_letter_begins_a_name(letter):
    assert read(f"{letter}xyz") == [f"name:{letter}xyz"]


@pytest.mark.parametrize("letter", string.ascii_letters)
def test_a_bang_before_any_letter_is_an_operator(letter):
    assert read(f"!{letter}xyz") == ["operator:!", f"name:{letter}xyz"]


@pytest.mark.parametrize("digit", string.digits + "+-")
def test_every_digit_and_sign_begins_a_number(digit):
    assert read(f"{digit}0123456789.0123456789") == [f"number:{digit}0123456789.0123456789"]


def test_a_name_goes_on_over_letters_digits_underscores_and_hyphens():
    name = f"x{string.ascii_letters}{string.digits}_-"

    assert read(name) == [f"name:{name}"]


def test_signs_are_tokens_of_their_own():
    assert read("([.,])") == ["(:(", "[:[", ".:.", ",:,", "]:]", "):)"]


@pytest.mark.parametrize(
    ("longest", "too_long"),
    [
        ("b" * 99_999, "b" * 100_000),
        ("\\b" * 99_999, "\\b" * 100_000),
        (f'"{"b" * 99_999}"', f'"{"b" * 100_000}"'),
        (f'"{"😀" * 49_999}b"', f'"{"😀" * 50_000}"'),
        (f'"{"b" * 99_999}"x"', f'"{"b" * 100_000}"x"'),
        ("1" * 100_000, "1" * 100_001),
        ("-" + "1" * 99_999, "-" + "1" * 100_000),
        ("1." + "1" * 99_998, "1." + "1" * 99_999),
    ],
    ids=["name", "escapes", "string", "units", "reopened", "number", "signed", "fraction"],
)
def test_lengths_have_limits(longest, too_long):
    assert len(tokenize(longest)) >= 2
    assert refused_at(too_long) == 0


def test_names_joined_by_dots_may_be_longer():
    assert len(tokenize("b" * 99_999 + ".c")[0].text) == 100_001
