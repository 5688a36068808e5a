"""Deliveries: an event, the settings with their mappings, and the replies the requests get.

Mappings are over the real fields in any order; what is required is valid two times of three, so
that about half of the cases send something. A third of the cases has several mappings.
"""

from collections.abc import Callable
from typing import Any

from sandbox.strategies.tape import Tape, taped
from tests.conformance.generate_dates import date_text
from tests.conformance.generate_fields import directive, path, root, template
from tests.conformance.generate_values import event, number, object_of, scalar, value
from tests.conformance.tape import weighted

STRING, TIME, OBJECT = "string", "time", "object"
ACTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "sendEvents": {
        "userId": (STRING, "$.userId"),
        "anonymousId": (STRING, "$.anonymousId"),
        "accountId": (STRING, "$.context.groupId"),
        "eventName": (STRING, "$.event"),
        "timestamp": (TIME, "$.timestamp"),
        "eventProperties": (OBJECT, "$.properties"),
    },
    "sendUserProfiles": {
        "userId": (STRING, "$.userId"),
        "anonymousId": (STRING, "$.anonymousId"),
        "creationTime": (TIME, "$.timestamp"),
        "userProperties": (OBJECT, "$.traits"),
    },
    "sendAccountProfiles": {
        "accountId": (STRING, "$.groupId"),
        "creationTime": (TIME, "$.timestamp"),
        "accountProperties": (OBJECT, "$.traits"),
    },
}
REQUIRED = ("eventName", "timestamp", "creationTime", "accountId")
_ACTION_NAMES = weighted(("sendEvents", 6), ("sendUserProfiles", 3), ("sendAccountProfiles", 2))
_TYPES = weighted(("track", 5), ("identify", 2), ("group", 2), ("page", 1), ("screen", 1))
_EXTRA = (
    "dynamicAuthSettings",
    "other",
    "0",
    "enable_batching",
    "__segment_internal_sync_mode",
    "__segment_internal_matching_key",
)
_ALWAYS = ('type != "none"', 'type = "track" or type != "track"', "userId != 5")
_BY_TYPE = ('type = "track"', 'type = "identify"', 'type = "group"')
_NEVER = ('type = "none"', "properties.none = 5")
_BROKEN = ("", "type", "type =", "(type = 1", "foo = 1", "type & 1", "contains(", "))", "()")


def _any_string(tape: Tape) -> Any:
    kind = tape.below(10)
    if kind < 3:
        return scalar(tape)
    if kind < 5:
        return [scalar(tape)]
    if kind < 6:
        return {"@template": template(tape, 0)}
    return (
        directive(tape, 2)
        if kind < 9
        else tape.pick(([], [[]], {}, [{}], ["a", "b"], [[5]], None, ""))
    )


def _any_time(tape: Tape) -> Any:
    kind = tape.below(10)
    if kind < 5:
        return date_text(tape)
    if kind < 7:
        return number(tape)
    return [date_text(tape) if tape.chance(50) else scalar(tape)] if kind < 9 else value(tape, 1)


def _any_object(tape: Tape) -> Any:
    kind = tape.below(10)
    if kind < 4:
        return object_of(tape, 2)
    if kind < 7:
        return {"@path": path(tape, 0)}
    return directive(tape, 2) if kind < 9 else scalar(tape)


_ANY: dict[str, Callable[[Tape], Any]] = {STRING: _any_string, TIME: _any_time, OBJECT: _any_object}
_VALID: dict[str, tuple[Any, ...]] = {
    STRING: (
        "E",
        "Order Completed",
        " ",
        5,
        True,
        ["x"],
        {"@template": "{{n}}é"},
        1e21,
        -0.0,
        [5],
        "😀",
        [None],
    ),
    TIME: (
        "2021-02-01T00:00:00Z",
        1612137600000,
        "2021-02-01",
        "1612137600",
        "5",
        0.5,
        ["1612137600000"],
        -1.5,
        "13",
    ),
    OBJECT: (
        {"a": 1},
        {"n": None, "u": [1, {"x": None}]},
        {"2": 1, "1": "é\u2028"},
        {"@path": "$.traits"},
    ),
}


def _field(tape: Tape, name: str, kind: str, default: str) -> Any:
    if tape.chance(40):
        return {"@path": default}
    careful = 80 if name in REQUIRED else 25
    return tape.pick(_VALID[kind]) if tape.chance(careful) else _ANY[kind](tape)


def _fields(tape: Tape, action: str) -> dict[str, Any]:
    names = list(ACTIONS[action])
    for _ in range(tape.between(0, 2)):
        names.append(names.pop(tape.below(len(names))))
    made: dict[str, Any] = {}
    for name in names:
        left_out = 3 if name in REQUIRED else 30
        if not tape.chance(left_out):
            made[name] = _field(tape, name, *ACTIONS[action][name])
    if tape.chance(12):
        made[tape.pick(_EXTRA)] = scalar(tape) if tape.chance(50) else value(tape, 1)
    return made


def _mapping(tape: Tape, action: str) -> Any:
    kind = tape.below(40)
    if kind < 32:
        return _fields(tape, action)
    if kind < 35:
        return {name: {"@path": default} for name, (_, default) in ACTIONS[action].items()}
    if kind < 37:
        apply = {"@transform": {"apply": _fields(tape, action)}}
        defaults = {name: {"@path": f"$.{name}"} for name in ACTIONS[action]}
        return {"__segment_internal_directive": apply, **defaults}
    if kind < 38:
        return {
            "@merge": {"direction": "right", "objects": [_fields(tape, action), object_of(tape, 1)]}
        }
    return (
        root(tape)
        if kind < 39
        else tape.pick(({}, None, "", {"@path": "$.properties"}, {"@literal": [1]}))
    )


def _subscription(tape: Tape, kind: int) -> dict[str, Any]:
    action = tape.pick(_ACTION_NAMES)
    triggers = _ALWAYS if kind < 14 else _BY_TYPE if kind < 17 else _NEVER if kind < 18 else _BROKEN
    made = {
        "partnerAction": action,
        "subscribe": tape.pick(triggers),
        "mapping": _mapping(tape, action),
    }
    if kind == 13 and tape.chance(25):
        made["partnerAction"] = tape.pick(("unknown", "sendevents"))
    return made


def _delivered_event(tape: Tape) -> Any:
    if tape.chance(1):
        return tape.pick((None, None, "text", 5, True))
    made = {**event(tape), "type": tape.pick(_TYPES)}
    if tape.chance(6):
        made["context"] = tape.pick(
            (
                None,
                {"personas": None},
                {"personas": {}},
                5,
                "",
                {"personas": {"computation_class": "audience"}},
            )
        )
    if tape.chance(15):
        made["timestamp"] = date_text(tape)
    return made


REPLIES: tuple[dict[str, Any], ...] = (
    {"status": 202, "headers": {"content-type": "application/json"},
    "body": '{"status":"SUCCESS","data":{"message":"ok"}}'},
    {"status": 200, "body": ""},
    {"status": 400, "statusText": "Bad Request",
    "headers": {"content-type": "application/json"}, "body": '{"a":1}'},
    {"status": 403, "statusText": "", "body": "no"},
    {"status": 429, "statusText": "Slow", "body": ""},
    {"status": 500, "statusText": "Internal Server Error", "body": "<html>"},
    {"status": 599, "body": "null"},
    {"network": "ECONNREFUSED"},
    {"timeout": True},
)  # fmt: skip


def _settings(tape: Tape) -> dict[str, Any]:
    if not tape.chance(4):
        return {"apiKey": tape.pick(("key", "key", " k ", "é"))}
    odd: tuple[Any, ...] = (
        None,
        5,
        1.5,
        True,
        ["k"],
        [5],
        [None],
        [],
        {},
        ["a", "b"],
        [["k"]],
        "",
        1e21,
    )
    return tape.pick(({}, {"other": 5}, *({"apiKey": value, "other": 1} for value in odd)))


def delivery(tape: Tape, *, several: bool) -> dict[str, Any]:
    """Make a case of one mapping whose trigger matches, or of several of any sort."""
    if several:
        subscriptions = [_subscription(tape, tape.below(20)) for _ in range(tape.between(0, 4))]
    else:
        subscriptions = [_subscription(tape, 0)]
    data = _delivered_event(tape)
    if not isinstance(data, dict):
        # Segment does not get to the mapping then; ours refused a wrong one when it was made
        subscriptions = [{**each, "mapping": {}} for each in subscriptions]
    settings = {**_settings(tape), "subscriptions": subscriptions}
    made: dict[str, Any] = {"event": data, "settings": settings}
    if several and tape.chance(40):
        made["replies"] = [tape.pick(REPLIES) for _ in range(3)]
    return made


DELIVERIES = taped(lambda tape: delivery(tape, several=tape.chance(30)), length=160)
"""Each a dict of `event`, `settings` and at times `replies`."""
