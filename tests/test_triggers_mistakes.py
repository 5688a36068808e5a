"""A trigger that cannot be read says where and why, in words for the one who wrote it."""

import pytest

from sandbox.segment.triggers import InvalidTrigger, parse_trigger
from sandbox.segment.triggers.mistakes import Ignored


def mistake(text):
    with pytest.raises(InvalidTrigger) as refused:
        parse_trigger(text)
    return refused.value


NAMES = (
    "names consist of ASCII letters, digits, `_` and `-`, and other characters need a backslash."
)
LIKE = ' A condition looks like `type = "track"`.'


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ('type = "track', 7, 'the quote " that opens here is never closed.'),
        ("type = 'track", 7, "the quote ' that opens here is never closed."),
        (
            'type = "a"b',
            9,
            (
                "this closing quote is followed by 'b', so Segment reads it as an opening quote "
                'and finds no " after it; put a space between.'
            ),
        ),
        (
            "properties.a>=5",
            12,
            "a space is missing before `>`; operators need spaces around them.",
        ),
        (
            "properties.a< 5",
            12,
            "a space is missing before `<`; operators need spaces around them.",
        ),
        ('type"a"', 4, "a space is missing before this quote."),
        ("type'a'", 4, "a space is missing before this quote."),
        (
            "properties.a[0] = 1",
            12,
            "`[` is not allowed in a name; write `\\[` and `\\]` for brackets.",
        ),
        (
            "type = a:b",
            8,
            f"`:` cannot follow `a`; {NAMES}",
        ),
        (
            f"type = {'b' * 70}😀",
            77,
            f"`😀` cannot follow `{'b' * 60}…`; {NAMES}",
        ),
        ('event!="x"', 5, "`!=` must be followed by a space."),
        ("event !", 6, "`!` must be directly before contains(…) or match(…), or in `!=`."),
        ("type = x\\", 8, "the backslash at the end has no character after it."),
        ("type = \\", 7, "the backslash at the end has no character after it."),
        ("properties.a = 5.", 16, "a number cannot end in a dot."),
        ("properties.a = 1.2.3", 18, "a number can have only one dot."),
        ('type = "a" && event = "b"', 11, "`&` means nothing here; write `and`."),
        ('type = "a" || event = "b"', 11, "`|` means nothing here; write `or`."),
        (
            "type \r= x",
            5,
            (
                "there is a carriage return (U+000D) here, which Segment cannot read; end lines "
                "with only a line feed."
            ),
        ),
        (
            "type\u00a0= x",
            4,
            "there is a character U+00A0 here, which is not a space to Segment; write a space.",
        ),
        (
            "type =\0x",
            6,
            "there is a character U+0000 here, which is not a space to Segment; write a space.",
        ),
        ("type = “a”", 7, 'typographic quotes are not quotes to Segment; write ".'),
        ("type = ‘a’", 7, 'typographic quotes are not quotes to Segment; write ".'),
        ("type = ;", 7, "`;` means nothing here; it is allowed only in quotes."),
        ("type = é", 7, "`é` (U+00E9) is not ASCII; it is allowed only in quotes."),
        ('"😀" = 😀', 6, "`😀` (U+1F600) is not ASCII; it is allowed only in quotes."),
        ("b" * 100_000, 0, "a name can have at most 99,999 characters."),
        (f'"{"b" * 100_000}"', 0, "a string can have at most 99,999 characters."),
        ("1" * 100_001, 0, "a number can have at most 100,000 characters."),
        ('(type = "a"', 0, "the parenthesis that opens here is never closed."),
        (
            '((type = "a"))',
            1,
            ("Segment cannot read nested parentheses: the outer ones end at the first `)`."),
        ),
        ("type", 0, "`type` is not followed by an operator and a value."),
        (
            "contains",
            0,
            'contains() is missing its 1st argument; write contains(event, "text").',
        ),
        (
            "!match(event",
            1,
            'match() is missing its 2nd argument; write match(event, "text").',
        ),
        ("", 0, "the trigger is empty." + LIKE),
        (" \n", 2, "the trigger is empty." + LIKE),
        (" ( )", 1, "the parentheses are empty." + LIKE),
        ("or", 0, "there is no condition here." + LIKE),
        (
            ' foo = "bar"',
            1,
            "there is no condition here: Segment does not know `foo` and ignores it." + LIKE,
        ),
        (
            'Type = "track"',
            0,
            "there is no condition here: Segment does not know `Type` and ignores it. Did you mean "
            "type?" + LIKE,
        ),
        (
            "propertys.a.b = 5",
            0,
            "there is no condition here: Segment does not know `propertys.a.b` and ignores it. Did "
            "you mean properties?" + LIKE,
        ),
        (
            'contains(type, "x")',
            9,
            "there is no condition here: contains() and match() cannot read `type`, so Segment "
            "ignores the call; they can read event, name, userId and members of properties, "
            "traits and context." + LIKE,
        ),
        (
            "(foo)",
            1,
            "there is no condition here: Segment does not know `foo` and ignores it." + LIKE,
        ),
    ],
)
def test_the_reason_names_the_cause_at_its_place(text, position, reason):
    error = mistake(text)

    assert (error.position, error.reason) == (position, reason)
    assert error.text == text


def test_the_message_draws_a_caret_under_the_place():
    assert str(mistake("properties.a>=5")) == (
        "the trigger cannot be read: a space is missing before `>`; operators need spaces around "
        "them.\n"
        "  properties.a>=5\n"
        "              ^"
    )


@pytest.mark.parametrize("quote", list("“”„«»‘’‚´`"))
def test_typographic_quotes_are_named(quote):
    assert (
        mistake(f"type = {quote}a").reason
        == 'typographic quotes are not quotes to Segment; write ".'
    )
    assert (
        mistake(f"type = a{quote}bc").reason
        == 'typographic quotes are not quotes to Segment; write ".'
    )


def test_segments_own_text_goes_with_it():
    assert mistake("type").segment_message == "Value token is missing"
    assert mistake("").segment_message == "Cannot read properties of undefined (reading 'type')"
    assert mistake("é").segment_message == "Cannot read properties of undefined (reading 'type')"


def test_what_is_no_text_is_no_trigger():
    assert mistake_of(5).reason == "must be a string, but it was 5."
    assert (mistake_of(5).text, mistake_of(5).position) == ("", 0)
    assert mistake_of(None).reason == "must be a string, but it was None."


def mistake_of(value):
    with pytest.raises(InvalidTrigger) as refused:
        parse_trigger(value)
    return refused.value


@pytest.mark.parametrize(
    ("text", "why", "sentence"),
    [
        ("Event", "unknown", "Segment does not know `Event` and ignores it. Did you mean event?"),
        ("AND", "unknown", "Segment does not know `AND` and ignores it. Did you mean and?"),
        ("quantity", "unknown", "Segment does not know `quantity` and ignores it."),
        (
            "or",
            "glued",
            "Segment reads `or` as a name here and ignores it; a space must follow the word.",
        ),
        (
            "!",
            "negation",
            (
                "Segment ignores `!`; only contains(…) and match(…) can be negated, by a `!` "
                "directly before them."
            ),
        ),
        (
            "toString",
            "inherited",
            "Segment ignores `toString` and the two words after it.",
        ),
        (")", "stray", "`)` is not part of a condition, and Segment ignores it."),
        (
            "or",
            "overridden",
            (
                "Segment ignores this `or`: the last `and` or `or` of a list applies to "
                "the whole list."
            ),
        ),
        (
            "ot",
            "lost",
            (
                "Segment loses `ot` here: it expects `and` or `null`, and the trigger ends too "
                "soon; put the word in quotes."
            ),
        ),
        (
            "and",
            "dropped",
            "Segment drops `and` as if it were the punctuation of a call.",
        ),
    ],
)
def test_what_is_ignored_is_said_in_a_sentence(text, why, sentence):
    assert Ignored(text, 0, len(text), why).sentence == sentence


def test_long_words_are_cut_in_sentences():
    assert Ignored("b" * 100_000, 0, 100_000, "stray").sentence == (
        f"`{'b' * 60}…` is not part of a condition, and Segment ignores it."
    )
