"""Regular expressions: none of them takes long for a text from outside, whatever stands in it."""

import importlib
import re
import time
from itertools import product
from pathlib import Path

import pytest

from tests.test_architecture import nested

ROOT = Path(__file__).parent.parent
SOURCES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path.read_text(encoding="utf-8")
    for room in ("mock_server", "sandbox")
    for path in sorted((ROOT / room).rglob("*.py"))
}
WITH_PATTERNS = [module for module, source in SOURCES.items() if "re.compile(" in source]
OF_CATEGORY = {"CATEGORY_DIGIT": "1", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "a"}
CHARACTERS = 20_000
MOST_STARTS, MOST_UNITS = 6, 16
MOST_SECONDS = 0.1  # of the processor; what is linear takes a hundredth of it


@pytest.mark.parametrize("module", WITH_PATTERNS)
def test_no_pattern_goes_over_a_long_run_again_and_again(module):
    for name, pattern in vars(importlib.import_module(module)).items():
        if isinstance(pattern, re.Pattern):
            asked = is_searched(module, name)
            slow = (each for each in long_runs(pattern) if takes_long(pattern, *each, asked))
            start, unit, end = next(slow, ("", "", ""))
            assert not unit, f"{name} takes long for {start!r}, then many {unit!r}, then {end!r}"


def test_a_pattern_that_goes_back_over_a_run_of_digits_is_found():
    digits = re.compile(r"[0-9]+\.?[0-9]*\Z")

    assert takes_long(digits, "", "0", "!", is_searched=False)


def is_searched(module, name):
    """Return whether a pattern of a module is looked for at every place of a text."""
    uses = re.compile(rf"\b{name}\.(?:search|finditer|findall|sub|subn|split)\(")
    return any(
        uses.search(source)
        for other, source in SOURCES.items()
        if other == module or f"from {module} import" in source
    )


def takes_long(pattern, start, unit, end, is_searched):
    for characters in (CHARACTERS // 100, CHARACTERS):  # the short one first: it may be cubic
        text = start + unit * (characters // len(unit)) + end
        asked = text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text
        # twice, as memory that is being collected may come between
        if all(seconds_of(pattern, asked, is_searched) > MOST_SECONDS for _ in range(2)):
            return True
    return False


def seconds_of(pattern, text, is_searched):
    began = time.thread_time()
    pattern.match(text)
    if is_searched:
        pattern.findall(text)
    return time.thread_time() - began


def long_runs(pattern):
    """Yield what may stand before a run of one thing, the thing, and what may stand behind it."""
    characters, literals = parts_of(re._parser.parse(pattern.pattern, pattern.flags))
    starts = [*dict.fromkeys(["", *characters[:3], *literals])][:MOST_STARTS]
    units = [*dict.fromkeys([*characters, *literals])][:MOST_UNITS]
    yield from product(starts, units, ["", "!"])


def parts_of(parsed):
    """Return a character of each class of a pattern, and the literal texts in it."""
    characters, literals, text = [], [], ""
    for operation, argument in parsed:
        if operation is re._constants.LITERAL:
            text += chr(argument)
            continue
        if text:
            literals.append(text)
            text = ""
        if operation is re._constants.IN:
            characters += filter(None, map(member, argument))
        for each in nested(argument):
            more, others = parts_of(each)
            characters += more
            literals += others
    return [*characters, *text[:1], *(each[0] for each in literals)], [
        *literals,
        *filter(None, [text]),
    ]


def member(part):
    """Return one character that a part of a class matches, or that a negated class does."""
    kind, value = part
    if kind is re._constants.LITERAL:
        return chr(value)
    if kind is re._constants.RANGE:
        return chr(value[0])
    return "~" if kind is re._constants.NEGATE else OF_CATEGORY.get(str(value), "~")
