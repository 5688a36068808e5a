"""Seeded faulty mappers: each is Segment's own but for one thing, told in its first line."""

import copy
import html

from sandbox import PRESETS, Mapped, map_event

TIMES = ("timestamp", "creationTime")
OBJECTS = ("userProperties", "accountProperties", "eventProperties")
IDS = ("userId", "anonymousId", "accountId")
TEXTS = (*IDS, "eventName")


def right(event, mappings=PRESETS):
    """The reference."""
    outcomes = map_event(copy.deepcopy(event), mappings, "observed")
    requests = [outcome.request for outcome in outcomes if isinstance(outcome, Mapped)]
    return [{"method": r.method, "path": r.path, "json": r.json} for r in requests]


def _changed(event, change):
    requests = right(event)
    for request in requests:
        for items in request["json"].values():
            change(items[0])
    return requests


def milliseconds(event):
    """Times stay milliseconds."""

    def change(item):
        for key in TIMES:
            if item.get(key) is not None:
                item[key] *= 1000

    return _changed(event, change)


def seconds_for_milliseconds(event):
    """A number is taken for seconds, though Segment takes it for milliseconds."""
    time = event.get("timestamp") if isinstance(event, dict) else None
    if isinstance(time, bool) or not isinstance(time, int | float):
        return right(event)
    return right({**event, "timestamp": time * 1000})


def dropped_null(event):
    """Null inside of properties is dropped."""

    def change(item):
        for key in OBJECTS:
            if key in item:
                item[key] = {name: v for name, v in item[key].items() if v is not None}

    return _changed(event, change)


def kept_empty_text(event):
    """An empty id is sent."""

    def change(item):
        if event.get("userId") == "":
            item["userId"] = ""

    return _changed(event, change)


def wrong_envelope(event):
    """Accounts are sent in a list called profiles."""
    requests = right(event)
    for request in requests:
        if "accounts" in request["json"]:
            request["json"] = {"profiles": request["json"]["accounts"]}
    return requests


def trigger_on_the_wrong_type(event):
    """A page is sent as an event."""
    if isinstance(event, dict) and event.get("type") == "page":
        return right({**event, "type": "track", "event": event.get("name")})
    return right(event)


def integer_id(event):
    """An id that is a number stays one."""

    def change(item):
        for key in ("userId", "anonymousId"):
            if type(event.get(key)) is int:
                item[key] = event[key]

    return _changed(event, change)


def zone_ignored(event):
    """The zone of a time is cut off."""
    time = event.get("timestamp") if isinstance(event, dict) else None
    if isinstance(time, str) and len(time) > 19 and time[-6] in "+-":
        return right({**event, "timestamp": f"{time[:-6]}Z"})
    return right(event)


def rounded(event):
    """Times are rounded to the nearest second."""
    time = event.get("timestamp") if isinstance(event, dict) else None
    if isinstance(time, str) and time[-5:-3] == ".9" and time.endswith("Z"):
        return _changed(event, _a_second_later)
    return right(event)


def _a_second_later(item):
    for key in TIMES:
        if item.get(key) is not None:
            item[key] += 1


def python_booleans(event):
    """A boolean id is sent as True, not as true."""

    def change(item):
        for key in TEXTS:
            if item.get(key) in ("true", "false"):
                item[key] = item[key].title()

    return _changed(event, change)


def lists_refused(event):
    """A list of one id is refused, where Segment takes the id out of it."""
    if isinstance(event, dict) and isinstance(event.get("userId"), list):
        return []
    return right(event)


def account_from_the_wrong_place(event):
    """The account of an event is taken from groupId, not from context.groupId."""

    def change(item):
        if "eventName" in item:
            item.pop("accountId", None)
            if isinstance(event.get("groupId"), str) and event["groupId"]:
                item["accountId"] = event["groupId"]

    return _changed(event, change)


def falsy_context(event):
    """A context that is 0 or false gives no account, where Segment sends its text."""
    if isinstance(event, dict) and event.get("context", {}) in (0, False):
        return right({key: value for key, value in event.items() if key != "context"})
    return right(event)


def trimmed(event):
    """Texts are trimmed."""

    def change(item):
        for key in TEXTS:
            if key in item:
                item[key] = item[key].strip()

    return _changed(event, change)


def null_context_sent(event):
    """An event with a null context is sent, where Segment's runtime throws."""
    if isinstance(event, dict) and event.get("context", 0) is None:
        return right({key: value for key, value in event.items() if key != "context"})
    return right(event)


def days_that_do_not_exist_refused(event):
    """The 30th of February is refused, where Segment goes on counting."""
    time = event.get("timestamp") if isinstance(event, dict) else None
    return [] if isinstance(time, str) and time.startswith("2021-02-30") else right(event)


def required_not_checked(event):
    """An event without a name is sent."""
    if isinstance(event, dict) and event.get("type") == "track" and not event.get("event"):
        return right({**event, "event": "undefined"})
    return right(event)


def empty_properties_dropped(event):
    """Properties that are empty are left out."""

    def change(item):
        for key in OBJECTS:
            if item.get(key) == {}:
                del item[key]

    return _changed(event, change)


def sent_twice(event):
    """Each event of a known user is sent twice."""
    requests = right(event)
    return requests * 2 if requests and "userId" in event else requests


def raises_without_a_user(event):
    """It counts on a userId."""
    requests = right(event)
    return requests if not requests or event["userId"] is not None else []


def received_at_for_a_missing_time(event):
    """The time of receipt stands in for a missing timestamp."""
    if isinstance(event, dict) and not event.get("timestamp"):
        return right({**event, "timestamp": event.get("receivedAt")})
    return right(event)


def message_id_added(event):
    """The id of the message is sent along."""

    def change(item):
        if "messageId" in event:
            item["messageId"] = event["messageId"]

    return _changed(event, change)


def traits_of_the_context(event):
    """The traits of the context stand in for missing traits."""
    context = event.get("context") if isinstance(event, dict) else None
    if isinstance(context, dict) and "traits" in context and "traits" not in event:
        return right({**event, "traits": context["traits"]})
    return right(event)


def created_when_the_traits_say(event):
    """The creation time is taken from the traits."""
    traits = event.get("traits") if isinstance(event, dict) else None
    if isinstance(traits, dict) and traits.get("createdAt"):
        return right({**event, "timestamp": traits["createdAt"]})
    return right(event)


def cut_at_255(event):
    """Texts are cut to what a column of a database holds."""

    def change(item):
        for key in TEXTS:
            if key in item:
                item[key] = item[key][:255]

    return _changed(event, change)


def escaped(event):
    """Texts inside of properties are escaped for HTML."""

    def change(item):
        for key in OBJECTS:
            if key in item:
                members = item[key].items()
                item[key] = {k: html.escape(v) if isinstance(v, str) else v for k, v in members}

    return _changed(event, change)


def keys_without_blanks(event):
    """Keys of properties lose their blanks."""

    def change(item):
        for key in OBJECTS:
            if key in item:
                item[key] = {name.replace(" ", "_"): v for name, v in item[key].items()}

    return _changed(event, change)


def _inside(change):
    """Return a change of the objects of an item."""

    def change_item(item):
        for key in OBJECTS:
            if key in item:
                item[key] = change(item[key])

    return change_item


def lists_cut_at_ten(event):
    """Lists inside of properties are cut after ten values."""

    def cut(members):
        return {k: v[:10] if isinstance(v, list) else v for k, v in members.items()}

    return _changed(event, _inside(cut))


def nesting_cut_at_twenty(event):
    """What is nested deeper than twenty levels is left out."""
    return _changed(event, _inside(lambda members: _cut(members, 20)))


def _cut(value, levels):
    if isinstance(value, dict):
        return {key: _cut(each, levels - 1) for key, each in value.items()} if levels else None
    if isinstance(value, list):
        return [_cut(each, levels - 1) for each in value] if levels else None
    return value


def twenty_properties(event):
    """Properties after the twentieth are left out."""
    return _changed(event, _inside(lambda members: dict(list(members.items())[:20])))


def _each_inside(change):
    """Return a change of every value inside of the objects of an item, with its depth."""

    def changed(value, depth=1):
        value = change(value, depth)
        if isinstance(value, dict):
            return {key: changed(each, depth + 1) for key, each in value.items()}
        return [changed(each, depth + 1) for each in value] if isinstance(value, list) else value

    return _inside(changed)


def lists_of_texts_cut_at_eleven(event):
    """Lists of texts are cut after eleven."""

    def cut(value, _depth):
        is_list = isinstance(value, list) and all(isinstance(each, str) for each in value)
        return value[:11] if is_list else value

    return _changed(event, _each_inside(cut))


def lists_of_objects_cut_at_eleven(event):
    """Lists of objects are cut after eleven."""

    def cut(value, _depth):
        is_list = isinstance(value, list) and all(isinstance(each, dict) for each in value)
        return value[:11] if is_list else value

    return _changed(event, _each_inside(cut))


def inner_lists_cut_at_eleven(event):
    """Lists are cut after eleven, though not right inside of properties."""

    def cut(value, depth):
        return value[:11] if isinstance(value, list) and depth > 2 else value

    return _changed(event, _each_inside(cut))


def objects_cut_at_twenty(event):
    """Objects nested deeper than twenty levels are left out; lists are not counted."""

    def cut(value, depth):
        return None if isinstance(value, dict) and depth > 20 else value

    return _changed(event, _each_inside(cut))


def twenty_inner_properties(event):
    """Members of an object inside of properties after the twentieth are left out."""

    def cut(value, depth):
        is_inner = isinstance(value, dict) and depth > 1
        return dict(list(value.items())[:20]) if is_inner else value

    return _changed(event, _each_inside(cut))


def zeros_stripped(event):
    """An id of digits loses the zeros at its start."""

    def change(item):
        for key in IDS:
            if item.get(key, "").isdigit():
                item[key] = str(int(item[key]))

    return _changed(event, change)


FAULTY = {
    milliseconds: {"time-seconds"},
    seconds_for_milliseconds: {"time-of-number", "time-seconds"},
    dropped_null: {"null-kept-inside"},
    kept_empty_text: {"empty-text-removed"},
    wrong_envelope: {"envelope"},
    trigger_on_the_wrong_type: {"trigger"},
    integer_id: {"text-of-number", "unknown-key-dropped"},
    zone_ignored: {"time-zone"},
    rounded: {"time-rounded-down"},
    python_booleans: {"text-of-boolean", "one-element-list"},
    lists_refused: {"valid-sent", "trigger"},
    account_from_the_wrong_place: {"nothing-made-up", "text-unchanged", "falsy-on-the-way"},
    falsy_context: {"falsy-on-the-way"},
    trimmed: {"text-unchanged"},
    null_context_sent: {"thrown-not-sent"},
    days_that_do_not_exist_refused: {"valid-sent"},
    required_not_checked: {"invalid-not-sent", "text-of-number", "text-of-boolean"},
    empty_properties_dropped: {"empty-kept-inside"},
    sent_twice: {"one-request"},
    raises_without_a_user: {"trigger", "valid-sent"},
    received_at_for_a_missing_time: {"invalid-not-sent", "valid-sent", "time-of-number"},
    message_id_added: {"unknown-key-dropped"},
    traits_of_the_context: {"nothing-made-up"},
    created_when_the_traits_say: {"time-of-text", "invalid-not-sent", "valid-sent"},
    cut_at_255: {"text-unchanged"},
    escaped: {"object-unchanged"},
    keys_without_blanks: {"object-unchanged"},
    lists_cut_at_ten: {"object-unchanged"},
    lists_of_texts_cut_at_eleven: {"object-unchanged"},
    lists_of_objects_cut_at_eleven: {"object-unchanged"},
    inner_lists_cut_at_eleven: {"object-unchanged"},
    nesting_cut_at_twenty: {"object-unchanged"},
    zeros_stripped: {"text-unchanged"},
}
"""Each mapper, with the rules that may explain the first that is found."""
