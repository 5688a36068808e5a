"""Dates: what people put into a time field, and what a date parser trips over.

ISO forms with parts out of range, canonical numbers of every length, numbers of every size, text
the legacy parser reads, RFC 2822 and JavaScript's own forms; then one or two characters changed.
"""

from typing import Any

from sandbox.strategies.tape import Tape, taped
from tests.conformance.generate_values import number, scalar
from tests.conformance.tape import mutated, text_of, weighted

_SPACES = (
    " ",
    "\t",
    "\n",
    "\r",
    "\u00a0",
    "\u3000",
    "\ufeff",
    "\u0085",
    "\u2028",
    "\x0b",
    "\u200a",
    "\0",
)
_ALPHABET = tuple("0123456789:-+./ TtZz(),apmAPMjunedc") + _SPACES
_YEARS = ("2021", "2021", "1970", "0000", "0021", "0099", "0100", "9999", "1600", "21", "202",
"20210", "+002021", "-000001", "-000000", "+275760", "+275761", "-271821",
"２０２１")  # fmt: skip
_PARTS = ("01", "02", "12", "28", "31", "30", "00", "13", "32", "99", "1", "9", "", "001", "29")
_CLOCK = ("00", "10", "23", "24", "25", "59", "60", "61", "5", "", "99", "000", "12")
_FRACTIONS = (
    "",
    "",
    ".000",
    ".5",
    ".123456789",
    ".",
    ":5",
    ",5",
    ".12",
    ".9999",
    ".0000000000000001",
)
_ZONES = weighted(
    ("Z", 6), ("", 5), ("+00:00", 3), ("-08:00", 2), ("+0530", 2), ("z", 1), ("+01", 1),
    (" +01:00", 1), (" +0100", 1),
    (" UTC", 1), (" GMT", 1), (" EST", 1), (" CET", 1), ("+23:59", 1), ("+24:00", 1),
    ("-00:60", 1), ("+1", 1), ("ZZ", 1),
    (" Z", 1), ("+5:30", 1), (" GMT+2", 1), (" (CET)", 1), ("[UTC]", 1), (" PM", 1), (" UT",
    1), (" PDT", 1), ("+100000", 1),
)  # fmt: skip
_DASHES = weighted(("-", 8), ("/", 2), ("", 2), (".", 1), (" ", 1), ("--", 1), (":", 1))
_MIDDLES = weighted(
    ("T", 8),
    (" ", 4),
    ("t", 1),
    ("", 1),
    ("TT", 1),
    ("  ", 1),
    (" T ", 1),
    (",", 1),
    ("\t", 1),
    ("\u00a0", 1),
)
_MONTHS = (
    "Jan", "feb", "MARCH", "apr", "May", "june", "Jul", "Aug", "Sept", "October", "nov",
    "Dec", "Marchx", "ja",
    "decé", "Augu_st", "mai",
)  # fmt: skip
_WORDS = (
    "am", "PM", "Z", "UTC", "GMT", "UT", "EST", "PDT", "cst", "mdt", "T", "Mon", "Tuesday",
    "at", "of", "th", "CET", "foo",
    "[", "_", "é", "pmx", "AMT", "utcx", "noon", "today", "now",
)  # fmt: skip
_SIGNS = (
    ":", "-", "+", ".", "/", ",", "(", ")", " ", " ", "  ", "(x)", "(a(b)", ":", "-", "+", ". ",
    ";", "&", "#", "'", "@", "`",
)  # fmt: skip
NUMBER_TEXTS = (
    "0", "1", "5", "12", "13", "31", "32", "49", "50", "99", "100", "999", "1000", "2021",
    "00", "01", "007", "24", "59", "60",
    "100000", "12345678901234567890", "8640000000000", "8640000000001", "-0", "-1", "-5",
    "-13", "1.5", "0.5", "1e3", "1e21",
    "1e+21", "NaN", "Infinity", "-Infinity", "", ".5", "5.", "+5", "0x10", "1612137600.5",
    "1_000", "864000000000000",
)  # fmt: skip
_WEEKDAYS = ("Mon", "Tue", "Sun", "Fri")


def iso(tape: Tape) -> str:
    dash = tape.pick(_DASHES)
    text = tape.pick(_YEARS)
    for _ in range(tape.pick((2, 2, 2, 2, 1, 0, 3))):
        text += (tape.pick(_DASHES) if tape.chance(8) else dash) + tape.pick(_PARTS)
    if tape.chance(70):
        text += tape.pick(_MIDDLES) + clock(tape)
    return text + tape.pick(_ZONES)


def clock(tape: Tape) -> str:
    parts = [tape.pick(_CLOCK) for _ in range(tape.pick((3, 3, 3, 2, 1, 4)))]
    return ":".join(parts) + tape.pick(_FRACTIONS)


def digits(tape: Tape) -> str:
    """Make a number's text: canonical of any length, or one that is not."""
    if tape.chance(30):
        return tape.pick(NUMBER_TEXTS)
    text = text_of(tape, "123456789", 1, 1) + text_of(tape, "0123456789", 0, 16)
    return ("-" if tape.chance(15) else "") + text + (".5" if tape.chance(8) else "")


def legacy(tape: Tape) -> str:
    """Put words, numbers and signs one after the other, white space between most of them."""
    pieces = []
    for _ in range(tape.between(1, 8)):
        kind = tape.below(12)
        if kind < 5:
            pieces.append(
                tape.pick(NUMBER_TEXTS) if tape.chance(30) else text_of(tape, "0123456789", 1, 4)
            )
        elif kind < 7:
            pieces.append(tape.pick(_MONTHS))
        elif kind < 8:
            pieces.append(tape.pick(_WORDS))
        elif kind < 9:
            pieces.append(clock(tape))
        else:
            pieces.append(tape.pick(_SIGNS))
        if tape.chance(55):
            pieces.append(tape.pick(_SPACES) if tape.chance(20) else " ")
    return "".join(pieces)


def sentence(tape: Tape) -> str:
    """Make one of the forms that mail headers and programs write."""
    day, month, year = tape.pick(_PARTS), tape.pick(_MONTHS), tape.pick(_YEARS)
    time = ":".join(tape.pick(_CLOCK) for _ in range(tape.pick((3, 2))))
    zone = tape.pick(_ZONES).strip()
    forms = (
        f"{tape.pick(_WEEKDAYS)}, {day} {month} {year} {time} {zone}",
        f"{tape.pick(_WEEKDAYS)} {month} {day} {year} {time} GMT+0100 (CET)",
        f"{month} {day}, {year}",
        f"{day} {month} {year} {time}",
        f"{month} {year}",
        f"{day}/{tape.pick(_PARTS)}/{year}",
        f"{day}.{tape.pick(_PARTS)}.{year} {time}",
        f"{day}-{month}-{year}",
        f"{year} {month} {day} {time} {tape.pick(('am', 'pm', 'PM', 'a.m.'))}",
        f"{month}{day} {year}",
    )
    return tape.pick(forms)


def date_text(tape: Tape) -> str:
    make = tape.pick(
        (iso, iso, iso, iso, digits, digits, legacy, legacy, legacy, sentence, sentence)
    )
    text = make(tape)
    return mutated(tape, text, _ALPHABET) if tape.chance(25) else text


def date_value(tape: Tape) -> Any:
    """Make anything a time field may get: text mostly, numbers, and each of them in a list."""
    kind = tape.below(20)
    made: Any = date_text(tape) if kind < 14 else number(tape) if kind < 18 else scalar(tape)
    if tape.chance(6):
        return tape.pick(([made], [made], [made, made], [[made]], {"a": made}, []))
    return made


DATES = taped(lambda tape: {"value": date_value(tape)}, length=48)
"""Each a dict of the one `value`."""
