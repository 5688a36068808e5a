"""Groups: events of the same type, day and outcomes; counting them is most of the work.

Also a quick test of whether a group's request surely has no suspicion, as most have none. Laws
compare it with a full check.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from sandbox.compiled.payload_code import RequestOfPayload
from sandbox.replay.job import Job
from sandbox.segment.calls import TYPES
from sandbox.segment.dates import milliseconds
from sandbox.segment.mapping import SegmentMapping
from sandbox.segment.pipeline import Mapped, Outcome, Rejected, Request
from sandbox.suspicions import NO_ID_TEXTS, OBJECT_TEXT
from sandbox.toplyne import IDS
from sandbox.values import Json

Key: TypeAlias = tuple[str, str, bool, tuple[type[Outcome], ...]]
"""An event's type, its day, whether its time is in the usual form, and its outcomes."""

NO_DAY: Final = "no day"
OTHER_TYPE: Final = "other"
_FIRST_YEAR, _LAST_YEAR = 2000, 2099
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FATES: Final = {Mapped: "mapped", Rejected: "rejected"}
_OBJECT_TEXT: Final = OBJECT_TEXT.encode()
_NO_IDS: Final = frozenset(NO_ID_TEXTS)
_AT_TIMESTAMP: Final = {"@path": "$.timestamp"}
_common_time: Final = re.compile(
    r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?Z", re.ASCII
).fullmatch


class EventGroup:
    """Events of the same type, day and outcomes: most are only counted.

    The outcomes of the new side come first. `mapped` has the indexes of its calls, each with
    whether its times are surely plausible; `called` the numbers of the pairs with a call on both
    sides; `compared` the pairs whose calls may differ, with None for a side without a call.
    """

    def __init__(self, key: Key, job: Job) -> None:
        """Start without events."""
        self.type, day, is_common, outcomes = key
        self.day = _day_of(day) if is_common else day
        is_sure = is_common and self.day == day  # 30 February is a day of March
        self.count = 0
        mappings = job.new.mappings
        self.fates = [_FATES.get(each, "skipped") for each in outcomes[: len(mappings)]]
        self.mapped = [
            (index, is_sure and _reads_timestamps(mappings[index]))
            for index, fate in enumerate(self.fates)
            if fate == "mapped"
        ]
        self.rejected = [index for index, fate in enumerate(self.fates) if fate == "rejected"]
        self.called, self.compared = list[int](), list[tuple[int, int | None, int | None]]()
        for number, pair in enumerate(job.pairs):
            new, old = (
                index if index is not None and outcomes[index] is Mapped else None
                for index in (pair.new, pair.old)
            )
            is_both = new is not None and old is not None
            if is_both:
                self.called.append(number)
            if (new, old) != (None, None) and not (is_both and pair.is_alike):
                self.compared.append((number, new, old))
        self.is_repeated = len(self.mapped) > 1
        self.is_special = bool(self.rejected or self.compared)


def key_of(event: dict[str, Json], outcomes: tuple[type[Outcome], ...]) -> Key:
    """Return the key of the group an event belongs to."""
    time, type_ = event.get("timestamp"), event.get("type")
    if type(type_) is not str or type_ not in TYPES:
        type_ = OTHER_TYPE
    if type(time) is str and _common_time(time):
        return type_, time[:10], True, outcomes
    return type_, _day_of(time), False, outcomes


def _day_of(time: Json) -> str:
    """Return the UTC day of an event's timestamp, NO_DAY if it has none in this century."""
    if isinstance(time, bool) or not isinstance(time, str | int | float):
        return NO_DAY
    try:
        day = (_EPOCH + timedelta(milliseconds=milliseconds(time))).date()
    except (OverflowError, ValueError):  # ValueError: it is NaN
        return NO_DAY
    return day.isoformat() if _FIRST_YEAR <= day.year <= _LAST_YEAR else NO_DAY


def _reads_timestamps(mapping: SegmentMapping) -> bool:
    """Return whether all times in the mapping's requests are the timestamps of their events."""
    keys = [f.key for f in mapping.action_definition.fields if f.type == "datetime"]
    fields = mapping.fields
    return isinstance(fields, dict) and all(fields.get(key) == _AT_TIMESTAMP for key in keys)


def looked_at(request: Request) -> tuple[str, str, bool]:
    """Return the user and the account of a request, and whether it surely has no suspicion.

    A user known only by anonymousId starts with NUL. The last value assumes times from a common
    timestamp; if it is false, `suspicions` decides.
    """
    if type(request) is RequestOfPayload:  # its strings are strings, and not empty
        payload = request[3]  # type: ignore[misc]  # faster than its property
        is_fine = {} not in payload.values() and _OBJECT_TEXT not in request.content
    else:  # under observed rules ids may be other values than strings
        ((item,),) = request.json.values()
        payload, is_fine = {key: str(item.get(key) or "") for key in IDS}, False
    user, anonymous = payload.get("userId", ""), payload.get("anonymousId", "")
    account = payload.get("accountId", "")
    is_fine = is_fine and not (user in _NO_IDS or anonymous in _NO_IDS or account in _NO_IDS)
    if user:
        return user, account, is_fine
    return anonymous and f"\0{anonymous}", account, is_fine and bool(account or anonymous)
