"""ISO times: the Unix seconds of a time as clients write it."""

import re
from functools import lru_cache
from typing import Final

from sandbox.segment.javascript import Json
from sandbox.segment.time_value import LAST_MILLISECOND, days_since_1970

_DAY = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T\Z")
_END = re.compile(r"(?:\.[0-9]{1,9})?(?:Z|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))\Z")
_LONGEST = len("2021-02-01T00:00:00.000000000+00:00") + 1  # and one that is too long
_MINUTES: Final = {f"{n // 60:02}:{n % 60:02}:": n * 60 for n in range(24 * 60)}
_SECONDS: Final = {f"{second:02}": second for second in range(60)}


def unix_seconds(time: Json) -> int | None:
    """Return what `dates` makes of a time: `2021-02-01T00:00:00.000Z`, or whole milliseconds.

    None for anything else, also for times that `dates` can read.
    """
    if type(time) is str:
        try:
            clock = _MINUTES[time[11:17]] + _SECONDS[time[17:19]]
            return _day(time[:11]) + clock - _offset(time[19:_LONGEST])
        except (KeyError, ValueError):
            return None
    if type(time) is int and -LAST_MILLISECOND <= time <= LAST_MILLISECOND:
        return time // 1000
    return None


# The events of a stream share their days, and there are 1000 milliseconds. What is no day and no
# offset raises ValueError, which no cache keeps.
@lru_cache(maxsize=1024)
def _day(text: str) -> int:
    match = _DAY.match(text)
    if match is None:
        raise ValueError(text)
    return days_since_1970(*map(int, match.groups())) * 24 * 3600


@lru_cache(maxsize=4096)
def _offset(text: str) -> int:
    match = _END.match(text)
    if match is None:
        raise ValueError(text)
    sign, hours, minutes = match.groups()
    seconds = int(hours or 0) * 3600 + int(minutes or 0) * 60
    return -seconds if sign == "-" else seconds
