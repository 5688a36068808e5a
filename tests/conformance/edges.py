"""Edges: cases written down, one for each rule and each limit that drawn ones may miss."""

from typing import Any

from tests.conformance.generate_dates import NUMBER_TEXTS
from tests.conformance.generate_values import NUMBERS, TEXTS

QUIRKS = (
    'type = "a" and type = "b" or type = "c"',
    'type = "a" or type = "b" and type = "c"',
    '(type = "a" or type = "b") and event = "x"',
    '((type = "a"))', '(type = "a"', 'type = "a")', 'type = "a" or(type = "b")',
    'type="a" and ( contains(event,"x") or contains(event,"y") )', '(contains(event, "x"))',
    'type = "a" AND type = "b"', 'or type = "a"', 'type = "a" or', 'type = "a" event = "x"',
    'foo = "bar" and type = "a"', 'foo = "bar"', "", "   ", 'contains(type, "x")', "type",
    "type =",
    'type == "a"', "properties.a >=5", 'event!="x"', 'event!= "x"', '() or type = "a"', '"x"',
    "5", "null", ".",
    "type = 'a'", "type = an", "type = nul", "type = o", "type = -", "type = 007",
    "type = 5.0", "type = 5.",
    "type = 1.2.3", 'type="a"and event="x"', "properties . a = 5", "properties.and = 5",
    "properties.order = 5",
    "properties.null = 5", "properties.or.x = 5", "properties.0 = 5", "properties.2nd = 5",
    r"properties.a\.b = 5",
    r"properties.a\[0\] = 5", r"properties.\. = 5", r"properties.a\ b = 5", "properties.a<5",
    "properties[0] = 5",
    "properties.a < 5", "properties.a <= 5", "properties.a > 5", "properties.a >= 5",
    "properties.a = 5",
    "properties.a != 5", 'properties.a = "5"', 'properties.a != "5"', "properties.a = true",
    "properties.a = false",
    "properties.a != true", "properties.a = null", "properties.a != null",
    'properties.a = "null"', "properties = 1",
    "event != null", "event = null", "name = null", "name != null", "userId = true",
    "userId = false", "userId = 5",
    "name = true", "type.foo = a", "contains(event, x", 'contains(event "x")',
    "contains(event)", 'contains event "x"',
    "contains(", "contains(event,", "match(event,", "match(", 'match(event, "abc")',
    "match(event, abc)",
    "match(event, 5)", 'match(event, "*abc*")', 'match(event, "*")', "match(event, 'abc*')",
    'match(event, "a*")',
    '!contains(event, "a")', '!match(event, "a*")', '! contains(event, "a")', '!(type = "a")',
    '!type = "a"',
    'contains(propertiesX, "a")', 'contains(properties.a, "5")', 'match(traits.a, "*x")',
    'match(context.a, "x*")',
    'type = "a" or ()', "properties.a.length > 2", "properties.a = 12345678901234567890",
    "type = a\r\n", "type\u00a0= a",
    "properties.a = -0", 'traits.a = "x"', 'context.a != "x"',
    'type = "a" and and event = "x"', "type = \\", "type & a", 'type = "a"X and event = "x"',
    "type = nullX", "type = aX", "type !=X", "type <=X 5", "type =X", 'contains(event, "\ud83d")',
    'match(event, "\ud83d*")',
    'match(event, "*\ude00")', '!contains(event, "\ud83d")', '!match(event, "*\ude00")',
    'event = "😀"',
    'contains(event, "\uffff")',
)  # fmt: skip
INHERITED_HEADS = (
    "constructor", "toString", "valueOf", "hasOwnProperty", "isPrototypeOf",
    "propertyIsEnumerable", "toLocaleString",
    "__proto__", "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__",
)  # fmt: skip
TAKE_TWO = tuple(f'{name} type = "x" or type = "a"' for name in INHERITED_HEADS)
QUIRK_EVENTS: tuple[Any, ...] = (
    {"type": "a", "event": "x", "name": "n", "userId": "5", "properties": {"a": 5}},
    {"type": "b", "event": "abc*", "userId": True, "properties": {"a": "5", "propertiesX": "a"}},
    {"type": "c", "event": "abc", "name": None, "properties": {"a": True, "and": 5, "order": 5}},
    {"type": "eos", "event": 6, "properties": {"a": None, "0": 5, "a b": 5}, "traits": {"a": "x"}},
    {
        "type": "=",
        "properties": {"a": "text", "b": 5},
        "traits": {"a": "ax"},
        "context": {"a": "xa"},
    },
    {"type": "NaN", "event": "eos", "properties": {"a": [5, 6, 7]}, "context": {"a": 5}},
    {"type": 5, "properties": {"a": False, "a.b": 5, "properties": 1}},
    {"type": "'a'", "event": "bc", "properties": {"a": {"b": 5, "length": 7}}},
    {"type": "a", "properties": {"a": 12345678901234567000}, "traits": None, "context": 0},
    {"event": "😀", "properties": {"a": "😀"}},
    {"event": "x\uffff"},
    None,
)

_SCALARS = (*NUMBERS, *TEXTS, *NUMBER_TEXTS, True, False, None)
COERCED: tuple[Any, ...] = (
    *_SCALARS,
    *([value] for value in (*NUMBERS, "abc", "", "5", "5.0", " 5 ", "0x10", " ", "1e3",
    "2021-02-01")),
    [True], [False], [None], ["Infinity"], [], [[]], [["abc"]], [[5]], [[None]], [{}],
    [{"a": 1}], ["a", "b"], [1, 2],
    [None, None], {}, {"a": 1}, {"0": "x"}, {"a": None, "b": [1, {"x": None}], "2": "",
    "1": 1e21},
)  # fmt: skip

LEGACY_EDGES = (
    "5 (a) 2021", "5 (a(b)c) 2021", "5 (a)b) 2021", "(a 5 2021", "5)", "(x)5",
    "5 ((6) 7) 2021", "5 (6) 2021 10:00",
    "5 Feb 2021 10:00:59", "5 Feb 2021 10:00:60", "5 Feb 2021 10:00:61", "5 Feb 2021 10:59",
    "5 Feb 2021 10:60",
    "5 Feb 2021 10:00:00.999", "5 Feb 2021 10:00:00.1000", "5 Feb 2021 10:00:00:999",
    "5 Feb 2021 10:00:00:1000",
    "5 Feb 2021 10:00:00:1001", "5 Feb 2021 10:00:59:5", "5 Feb 2021 10:00:00.0009",
    "5 Feb 2021 10:00:00.12345678901",
    "5 Feb 2021 10:00:00.1234567890123", "5 Feb 2021 10:00:00.", "5 Feb 2021 10::30",
    "5 Feb 2021 10:11::30", "5 Feb 2021 1:2:3:4:5",
    "1 2 3 4", "1 2 3", "1 2", "2021 1 2", "1-2-3", "1--2", "1 Feb-2021", "Feb-1-2021", "-5",
    "5-", "+5", "5+6", "5 +6",
    "5 Feb 2021 UTC+1", "5 Feb 2021 UTC+59", "5 Feb 2021 UTC+1:59", "5 Feb 2021 UTC+1:60",
    "5 Feb 2021 UTC+1 59", "5 Feb 2021 UTC+123",
    "5 Feb 2021 UTC+100", "5 Feb 2021 UTC+99", "5 Feb 2021 UTC+0199", "5 Feb 2021 UTC+12345",
    "5 Feb 2021 UTC-", "5 Feb 2021 EST-1",
    "5 Feb 2021 UTC+596523:14", "5 Feb 2021 UTC+596524:00", "5 Feb 2021 UTC+1193046:00",
    "5 Feb 2021 UTC+298262:00",
    "5 Feb 2021 UTC+999999999:00", "5 Feb 2021 UTC+894784:00", "5 Feb 2021 UTC+596523:15",
    "5 Feb 2021 GMT 10:00",
    "5 Feb 49", "5 Feb 50", "5 Feb 99", "5 Feb 100", "5 Feb 0", "0 Feb 5", "31 Feb 32",
    "32 Feb 31", "32 1 5", "31 1 5", "12 31 5",
    "12 32 5", "13 1 5", "5 Feb 1000000", "5 Feb 999999", "5 Feb 275760", "13 Sep 275760",
    "5 Feb -1", "1000000 1 1", "1000001 1 1",
    "5 Feb 2021 0:00 am", "5 Feb 2021 12:00 am", "5 Feb 2021 12:30 pm", "5 Feb 2021 13:00 am",
    "5 Feb 2021 pm", "am 5 Feb 2021",
    "5 @ Feb @ 2021", "5 ? Feb 2021", "5 A 2021", "5 @A 2021", "[5 Feb 2021", "5[Feb 2021",
    "5 Feb 2021 T", "T 5 Feb 2021", "T5",
    "00000000005 Feb 2021", "1234567890 Feb 5", "123456789 Feb 5", "0000000000000 Feb 5",
    "5 Feb 2021 00000000010:00",
    "5 Feb 2021 24:00:00", "5 Feb 2021 24:00:00.1", "5 Feb 2021 24:00", "5 Feb 2021 1 :2",
    "5 Feb 2021 10.5", "5.5", "5.5.2021",
    "5 Feb 2021 10:00:00.5 EST", "5 Feb 2021 10:00x", "5 Feb 2021 10:00z",
    "5 Feb 2021 10:00 z", "5 Feb 2021 10:00+1", "5 Feb 2021 10:00-1",
    "0050-01-01 00:00", "0050-01-01", "0050-01-01T00:00Z", "0099-12-31 10:00",
    "0000-01-01 00:00", "0049-01-01 00:00", "0100-01-01 00:00", "+000050-01-01 00:00",
    "0050-01-01 00:00+01:00",
)  # fmt: skip
ROOTS: tuple[Any, ...] = (
    None, "", "text", 5, 0, True, [], [None], {}, [{"eventName": "E", "timestamp": 0}],
    {"eventName": "E", "timestamp": 0}, {"eventName": "", "timestamp": 0},
)  # fmt: skip
_DAYS = [f"2021-{month}-{day}" for month in ("00", "01", "02", "12", "13") for day in (
    "00", "01", "02", "28", "29", "30", "31", "32",
)]  # fmt: skip
_CLOCKS = (
    "00:00:00.000", "23:59:59.999", "24:00:00.000", "24:00:00.001", "24:00:01.000",
    "24:01:00.000", "25:00:00.000",
    "10:59:59.500", "10:60:00.000", "10:10:60.000", "10:10:61.000", "1:10:10.000",
    "10:1:10.000", "10:10:1.000", "10:10",
    "10", "10:10:10", "10:10:10.1", "10:10:10.12", "10:10:10.1234", "10:10:10.",
    "10:10:10:10", "10:10:10,1",
)  # fmt: skip
_YEARS_OF_EDGE = (
    "0000", "0001", "0049", "0050", "0099", "0100", "1582", "1600", "1899", "1900", "1969",
    "1970", "2000", "2024", "2100",
    "9999", "+000000", "-000000", "-000001", "+012021", "+275760", "+275761", "-271821",
    "-271822", "2021x", "X2021",
)  # fmt: skip
_MONTHS = (
    "Jan", "feb", "MAR", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "Decx", "Ja",
)  # fmt: skip
_ZONES = (
    "UTC", "GMT", "UT", "Z", "z", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT",
    "CET", "T", "X",
)  # fmt: skip
_SPACES = "\t\n\v\f\r\u00a0\u1680\u2000\u200a\u2028\u202f\u205f\u3000\ufeff\u0085X"
DATE_EDGES = (
    *(day + rest for day in _DAYS for rest in ("", "Z", "T00:00:00.000Z", "T00:00:00", " 00:00")),
    *(f"2021-02-03T{clock}{zone}" for clock in _CLOCKS for zone in ("Z", "", "+01:00")),
    *(f"2021-02-03 {clock}{zone}" for clock in _CLOCKS for zone in ("", " pm", " EST")),
    *(f"{year}{rest}" for year in _YEARS_OF_EDGE for rest in ("", "-09-13",
    "-09-13T00:00:00.000Z", "-04-20T00:00Z")),
    *(f"{month} 5 2021 10:00" for month in _MONTHS),
    *(f"5 Feb 2021 10:00 {zone}" for zone in _ZONES),
    *(f"5 Feb 2021 {hour}:30 {half}" for hour in (0, 1, 11, 12, 13) for half in ("am", "pm",
    "AM", "x")),
    *(f"2021-02-03 10:00 {zone}" for zone in ("+1", "+01", "+130", "+0130", "+01:30",
    "+24:00", "-00:00", "+", "-12:60")),
    *(f"2021-02-03{space}10:00" for space in _SPACES),
    *(f"Feb 3{space}2021" for space in (*_SPACES, "\0")),
    *(str(10**digits - 1) for digits in range(1, 18)), *(str(number) for number in range(101)),
)  # fmt: skip


ODD_NAMES: dict[str, Any] = {
    "properties": {"$": {"a": 1}, "a": 2, "$.a": 3, "X": 4},
    "aXb": 5, "X": 6, "a'b": 7, "ab": 8, "a]": {"b": 9}, "[0": 10, "]": 11, "a[": 12,
    "0]": 13, "-1": 14,
}  # fmt: skip
ODD_PATHS = (
    "$.properties.$.a", "$.$.properties.a", "$.properties.$.$.a", "$.aXb", "$.X",
    "$.properties.X", "$.a'b", "$.a]",
    "$.a].b", "$.a][b", "$.[0", "$.]", "$.a[", "$.a[0]]b", "$.0]", "$.'0]'", "$.[-1]", "$.-1",
    "$.a['b]", "$['a']['b']",
)  # fmt: skip

DATE_BOUNDS = (
    "-0.0000012345678901234567", "2021-T10:20Z", "A1", "Feb 1 2021 5:00(x)",
    "2021-02-01T00:00:00.0123456789Z", "2000-01-01 00:00:00 +1234567890:00",
    "5 Feb 2021 GMTX", "5 Feb 2021 GMT+0:30 +1", "Feb 1 2021 5:6:7 8:",
)  # fmt: skip
"""Texts of which each is read otherwise when one thing in the modules of dates is wrong."""
