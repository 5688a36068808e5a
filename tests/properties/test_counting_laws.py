"""Laws of the quick count: what it counts the exact check takes, and that many items."""

import base64
import gzip
import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mock_server.toplyne.upload_shape import shape
from sandbox.contract import count_surely
from sandbox.strategies import bad_payloads, payloads
from sandbox.toplyne import SEND_ACCOUNT_PROFILES, SEND_EVENTS, SEND_USER_PROFILES, TOPLYNE

ACTIONS = (SEND_USER_PROFILES, SEND_ACCOUNT_PROFILES, SEND_EVENTS)
RULES = ("documented", "observed")
ROOT = Path(__file__).parents[2]
BAD_BODIES = json.loads((ROOT / "fixtures/cases/toplyne/bad_bodies.json").read_text("utf-8"))
EVENT = '{"userId":"u","eventName":"E","timestamp":1612137600'
ODD_VALUES = [
    "1.0", "1e9", "-0", "-0.0", "1.5", "1e999", "-1e999", "1e-400", "9" * 30, "9" * 400, "9" * 5000,
    "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775809",
    "1e18", "9.3e18", "NaN", "Infinity", "-Infinity", "01", "+1", "1.", ".1", "0x1", "true", "null",
    '""', '"\\ud800"', '"\\ud83d\\ude00"', '"\\u0000"', '"\x00"', '"\x1f"', '"\x7f"', '"\\x"',
    '"\\/"', '"', "'a'", "[]", "{}", "[1,]", '{"a":1,}', '{"a":1,"a":"b"}', "[" * 690 + "]" * 690,
    "[" * 800 + "]" * 800, '{"a":' * 697 + "1" + "}" * 697, '{"a":' * 698 + "1" + "}" * 698,
    '["' + "[" * 900 + '"]', "/**/1", "\u00a01", "\ufeff1", "undefined",
]  # fmt: skip
ODD_MEMBERS = [
    f',"{key}":{value}'
    for key in ("timestamp", "userId", "accountId", "eventProperties", "dynamicAuthSettings", "x")
    for value in ODD_VALUES
] + [f',"eventProperties":{{"a":{value}}}' for value in ODD_VALUES]


def law(upload, content, rules):
    counted = count_surely(upload, content, rules=rules)
    if counted:
        found = shape(
            upload, content, content_type="application/json", content_encoding="", rules=rules
        )
        assert found.problems == ()
        assert len(found.json[upload.endpoint.envelope]) == counted
    return counted


def bodies(items):
    lists = st.lists(items, min_size=1, max_size=3)
    return st.tuples(st.sampled_from([None, 1]), st.booleans(), lists).map(
        lambda parts: (
            lambda envelope: json.dumps(
                {envelope: parts[2]}, indent=parts[0], ensure_ascii=parts[1]
            ).encode("utf-8", "surrogatepass")
        )
    )


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.key)
@given(data=st.data())
def test_a_good_payload_is_counted_and_taken(action, rules, data):
    body = data.draw(bodies(payloads(action=action.key)))

    content = body(action.endpoint.envelope)

    law(action, content, rules)


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.key)
@given(data=st.data())
def test_a_bad_payload_is_counted_only_where_it_is_taken(action, rules, data):
    good = payloads(action=action.key)
    bad = bad_payloads(action=action.key).map(lambda payload: payload.payload)
    body = data.draw(bodies(st.one_of(good, bad)))

    law(action, body(action.endpoint.envelope), rules)


@given(data=st.data(), rules=st.sampled_from(RULES))
def test_bytes_put_in_taken_out_or_changed_make_nothing_count_that_is_refused(data, rules):
    action = data.draw(st.sampled_from(ACTIONS))
    content = data.draw(bodies(payloads(action=action.key)))(action.endpoint.envelope)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content)))
        gone = data.draw(st.integers(0, 3))
        new = data.draw(st.one_of(st.binary(max_size=3), st.sampled_from(b'{}[]":,\\0e-.u')
                                  .map(lambda byte: bytes([byte]))))  # fmt: skip
        content = content[:at] + new + content[at + gone :]

    law(action, content, rules)


@pytest.mark.parametrize("rules", RULES)
def test_odd_values_in_every_place_count_only_where_they_are_taken(rules):
    counted = 0
    for member in ODD_MEMBERS:
        for text in (EVENT + member, '{"timestamp":1' + member + "," + EVENT[1:]):
            for around in ('{"events":[%s}]}', ' {"events":[%s}]}\n', '{"events":[%s},%s}]}'):
                body = around.replace("%s", text)
                counted += law(SEND_EVENTS, body.encode("utf-8", "surrogatepass"), rules) > 0

    assert counted > 100


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize(
    ("content", "documented", "observed"),
    [
        (b'{"events":[]}', 0, 0),
        (b'{"events":[%s}],"events":[]}', 0, 0),
        (b'{"events":[],"events":[%s}]}', 0, 0),
        (b'{"events":[%s}],"events":[%s},%s}]}', 2, 2),
        (b'{"events":[%s}]}x', 0, 0),
        (b'\xef\xbb\xbf{"events":[%s}]}', 0, 0),
        (b'{"events":[%s,"a":1}]}', 0, 0),
        (b'{"events":[%s}],"a":1}', 0, 0),
        (b'{"events":[%s,"eventProperties":{"a":"\xff"}}]}', 0, 0),
        (b'{"events":[%s,"eventProperties":{"a":"\xed\xa0\x80"}}]}', 0, 0),
        (b'{"events":[%s,"eventProperties":{"\xc3\xa9":"\xf0\x9f\x98\x80"}}]}', 1, 1),
        (b'{"events":[{"eventName":"E","timestamp":1}]}', 0, 1),
        (b'{"events":[{"eventName":"E","timestamp":1.5,"userId":"u"}]}', 0, 1),
        (b'{"events":[{"eventName":"E","timestamp":null,"userId":"u"}]}', 0, 1),
        (b'{"events":[{"eventName":"","timestamp":1,"userId":"u"}]}', 0, 1),
        (b'[{"events":[%s}]}]', 0, 0),
        (b"null", 0, 0),
        (b"", 0, 0),
    ],
)
def test_what_is_counted(content, documented, observed, rules):
    content = content.replace(b"%s", EVENT.encode())

    assert (
        law(SEND_EVENTS, content, rules) == {"documented": documented, "observed": observed}[rules]
    )


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize(("items", "counted"), [(1, 1), (500, 500), (501, 0)])
def test_lists_of_up_to_500_items_are_counted(items, counted, rules):
    event = EVENT + ',"eventProperties":{"a":[{"b":[1,2]},{"c":"[[[[{{{{"}]}}'
    content = ('{"events":[' + ",".join([event] * items) + "]}").encode()

    assert law(SEND_EVENTS, content, rules) == counted


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("case", BAD_BODIES, ids=lambda case: case["name"])
def test_no_body_of_the_corpus_counts_that_is_refused(case, rules):
    body = case["body"]
    if isinstance(body, str):
        content = body.encode()
    elif "base64" in body:
        content = base64.b64decode(body["base64"])
    else:
        content = (body["start"] + body["repeat"] * body["times"] + body["end"]).encode()

    law(TOPLYNE.upload_at(case["endpoint"]), content, rules)
    law(TOPLYNE.upload_at(case["endpoint"]), gzip.compress(content), rules)


@given(text=st.text())
@example("[" * 2000)
def test_any_text_counts_only_where_it_is_taken(text):
    law(SEND_EVENTS, text.encode("utf-8", "surrogatepass"), "observed")
