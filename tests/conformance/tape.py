"""What this run needs beside `sandbox.strategies.tape`: weights, texts and their mutations."""

import re
from collections.abc import Sequence
from typing import TypeVar

from sandbox.strategies.tape import Tape

T = TypeVar("T")
_INHERITED_NAMES = """
    anchor apply at big bind blink bold call charAt charCodeAt codePointAt concat constructor
    copyWithin endsWith entries every fill filter find findIndex findLast findLastIndex fixed
    flat flatMap fontcolor fontsize forEach hasOwnProperty includes indexOf isPrototypeOf
    isWellFormed italics join keys lastIndexOf link localeCompare map match matchAll normalize
    padEnd padStart pop propertyIsEnumerable push reduce reduceRight repeat replace replaceAll
    reverse search shift slice small some sort splice split startsWith strike sub substr
    substring sup toExponential toFixed toLocaleLowerCase toLocaleString toLocaleUpperCase
    toLowerCase toPrecision toReversed toSorted toSpliced toString toUpperCase toWellFormed trim
    trimEnd trimLeft trimRight trimStart unshift valueOf values with __proto__
"""
INHERITED = frozenset(_INHERITED_NAMES.split())
"""The names objects, arrays, strings, numbers and functions inherit."""

_NO_NAME = re.compile(r"[^A-Za-z_]+")
_UNQUOTED = str.maketrans("", "", "\\'\"")  # what paths and identifiers may hold and lose


def weighted(*options: tuple[T, int]) -> tuple[T, ...]:
    """Repeat each option by its weight, so that `pick` finds it that much more often."""
    return tuple(option for option, weight in options for _ in range(weight))


def mutated(tape: Tape, text: str, alphabet: Sequence[str], *, most: int = 2) -> str:
    """Delete, insert, replace or double one character of `text`, up to `most` times.

    A change that makes a name JavaScript's values inherit is not made: those are functions, and
    what these hold beside their name is nothing here.
    """
    original = text
    for _ in range(tape.between(1, most)):
        at = tape.below(len(text) + 1)
        how = tape.below(4)
        put = "" if how == 0 else tape.pick(alphabet) if how < 3 else text[at : at + 1] * 2
        skip = 1 if how != 1 else 0
        text = text[:at] + put + text[at + skip :]
    return original if _names(text) & INHERITED - _names(original) else text


def _names(text: str) -> set[str]:
    return set(_NO_NAME.split(text.translate(_UNQUOTED)))


def text_of(tape: Tape, alphabet: Sequence[str], low: int, high: int) -> str:
    """Choose low to high characters of the alphabet."""
    return "".join(tape.pick(alphabet) for _ in range(tape.between(low, high)))
