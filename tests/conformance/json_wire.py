"""JSON for the pipe to Node: everything a JSON text can hold, also what Python's writer refuses.

Infinity is written as 1e400, a lone surrogate as its escape, an integer with all its digits. What
JSON cannot carry comes back as a `Special`, and can be sent as one.
"""

import json
import math
from dataclasses import dataclass
from typing import Any

MARK = "\0js"
EXACT_INTEGERS = 2**53


@dataclass(frozen=True, slots=True)
class Special:
    """A JavaScript value without a JSON form: undefined, function, symbol."""

    name: str


UNDEFINED = Special("undefined")
FUNCTION = Special("function")
_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf, "-0": -0.0}


def _read_integer(digits: str) -> int | float:
    if len(digits) < 16 or abs(int(digits)) <= EXACT_INTEGERS:
        return int(digits)
    return float(digits)


def _read_object(pairs: list[tuple[str, Any]]) -> Any:
    members = dict(pairs)
    if len(members) == 1 and isinstance(name := members.get(MARK), str):
        return _NUMBERS[name] if name in _NUMBERS else Special(name)
    return members


_decoder = json.JSONDecoder(object_pairs_hook=_read_object, parse_int=_read_integer)
_plain_decoder = json.JSONDecoder(parse_int=_read_integer)
_encoder = json.JSONEncoder(allow_nan=False, separators=(",", ":"))


def loads(line: bytes) -> Any:
    """Read one answer; marked values become floats or `Special`."""
    decoder = _decoder if b"\\u0000js" in line else _plain_decoder
    return decoder.decode(line.decode())


def dumps(value: Any) -> str:
    """Write one request on one line of ASCII."""
    try:
        return _encoder.encode(value)
    except (ValueError, TypeError):
        return _written(value)


def _infinite_or_nan(value: float) -> str:
    if math.isnan(value):
        return _encoder.encode({MARK: "NaN"})
    return "1e400" if value > 0 else "-1e400"


def _written(value: Any) -> str:
    if isinstance(value, Special):
        return _encoder.encode({MARK: value.name})
    if isinstance(value, float) and not math.isfinite(value):
        return _infinite_or_nan(value)
    if isinstance(value, dict):
        members = (f"{_encoder.encode(key)}:{_written(item)}" for key, item in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_written, value)) + "]"
    return _encoder.encode(value)
