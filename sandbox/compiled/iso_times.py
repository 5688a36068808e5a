"""ISO times: the Unix seconds of a time as clients write it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from sandbox.segment.javascript import Json
from sandbox.segment.time_value import LAST_MILLISECOND, days_since_1970

_MINUTE = re.compile(
    r"([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):([0-5][0-9]):\Z"
)
_END = re.compile(r"(?:\.[0-9]{1,9})?(?:Z|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))\Z")
_LONGEST = len("2021-02-01T00:00:00.000000000+00:00") + 1  # and one that is too long
_SECONDS: Final = {f"{second:02}": second for second in range(60)}


def unix_seconds(time: Json) -> int | None:
    """Return what `dates` makes of a time: `2021-02-01T00:00:00.000Z`, or whole milliseconds.

    None for anything else, also for times that `dates` can read.
    """
    if type(time) is str:
        minute = _minute(time[:17])
        second = _SECONDS.get(time[17:19])
        if minute is None or second is None:
            return None
        offset = _offset(time[19:_LONGEST])
        return None if offset is None else minute + second - offset
    if type(time) is int and -LAST_MILLISECOND <= time <= LAST_MILLISECOND:
        return time // 1000
    return None


# the events of a stream share their minutes, and there are but so many milliseconds
@lru_cache(maxsize=1024)
def _minute(text: str) -> int | None:
    match = _MINUTE.match(text)
    if match is None:
        return None
    year, month, day, hour, minute = map(int, match.groups())
    return (days_since_1970(year, month, day) * 24 + hour) * 3600 + minute * 60


@lru_cache(maxsize=4096)
def _offset(text: str) -> int | None:
    match = _END.match(text)
    if match is None:
        return None
    sign, hours, minutes = match.groups()
    seconds = int(hours or 0) * 3600 + int(minutes or 0) * 60
    return -seconds if sign == "-" else seconds
