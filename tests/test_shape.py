"""What an upload body turns out to be: every bad one in the table, and the good ones around it."""

import base64
import gzip
import json
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from mock_server.toplyne.upload_shape import UploadShape, shape
from sandbox.segment.javascript import MISSING
from sandbox.toplyne import SEND_EVENTS, TOPLYNE

CASES = Path(__file__).parents[1] / "fixtures/cases/toplyne/bad_bodies.json"
BAD_BODIES = json.loads(CASES.read_text(encoding="utf-8"))
GOOD = b'{"events":[{"userId":"u","eventName":"E","timestamp":1612137600}]}'


def content_of(case):
    body = case["body"]
    if isinstance(body, str):
        content = body.encode()
    elif "base64" in body:
        content = base64.b64decode(body["base64"])
    else:
        content = (body["start"] + body["repeat"] * body["times"] + body["end"]).encode()
    return gzip.compress(content) if case.get("gzip") else content


def taken(body, *, content_type="application/json", content_encoding="", rules="documented"):
    return shape(
        SEND_EVENTS,
        body,
        content_type=content_type,
        content_encoding=content_encoding,
        rules=rules,
    )


def test_the_table_holds_at_least_120_bad_bodies_each_named_once():
    names = [case["name"] for case in BAD_BODIES]

    assert len(names) >= 120
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("rules", ["documented", "observed"])
@pytest.mark.parametrize("case", BAD_BODIES, ids=lambda case: case["name"])
def test_a_bad_body_is_answered_with_its_status_path_and_sentence(case, rules):
    found = shape(
        TOPLYNE.upload_at(case["endpoint"]),
        content_of(case),
        content_type=case.get("content_type", "application/json"),
        content_encoding=case.get("content_encoding", ""),
        rules=rules,
    )

    expected = case[rules]
    assert found.status == expected["status"]
    assert [[v.path, v.message] for v in found.problems][:3] == expected["problems"]
    assert len(found.problems) == expected.get("count", len(expected["problems"]))


def test_a_good_body_is_accepted_with_its_value_and_its_bytes():
    found = taken(GOOD)

    assert found == UploadShape(content=GOOD, json=json.loads(GOOD), problems=())
    assert found.status == 202
    assert found.details == ""


def test_a_gzip_body_of_several_members_is_one_body():
    packed = gzip.compress(GOOD[:20]) + gzip.compress(b"") + gzip.compress(GOOD[20:])

    assert taken(packed, content_encoding="gzip").content == GOOD


@pytest.mark.parametrize("coding", ["gzip", "GZIP", " x-gzip "])
def test_a_gzip_body_is_inflated(coding):
    found = taken(gzip.compress(GOOD), content_encoding=coding)

    assert found.status == 202
    assert found.content == GOOD


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=ISO-8859-1",
        "Application/JSON",
        " application/json ",
        "application/vnd.api+json",
        "application/problem+json; charset=utf-8",
    ],
)
def test_a_json_content_type_is_taken_with_or_without_a_charset(content_type):
    assert taken(GOOD, content_type=content_type).status == 202


def test_identity_is_a_content_encoding():
    assert taken(GOOD, content_encoding="identity").status == 202


def test_a_body_of_exactly_ten_mebibytes_is_taken():
    assert taken(GOOD.ljust(10 * 2**20)).status == 202
    assert taken(gzip.compress(GOOD.ljust(10 * 2**20)), content_encoding="gzip").status == 202


def test_a_gzip_bomb_is_refused_without_being_inflated_whole():
    bomb = gzip.compress(bytes(200 * 2**20), compresslevel=1)

    tracemalloc.start()
    found = taken(bomb, content_encoding="gzip")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert found.status == 413
    assert peak < 60 * 2**20


def test_a_body_of_exactly_seven_hundred_levels_is_taken():
    deep = b'{"p":' * 697 + b"1" + b"}" * 697
    body = GOOD.replace(b"}]}", b',"eventProperties":' + deep + b"}]}")

    assert taken(body).status == 202


def test_a_lone_surrogate_and_a_duplicate_key_are_data():
    body = GOOD.replace(b'"E"', b'"\\ud800","eventName":"F\\udc00"')

    assert taken(body).json["events"][0]["eventName"] == "F\udc00"


def test_a_body_that_is_no_json_has_no_value():
    assert taken(b"nope").json is MISSING
    assert taken(b"").json is MISSING


def test_a_refused_body_keeps_its_value_for_the_journal():
    assert taken(b'{"events":[]}').json == {"events": []}


def test_details_name_the_first_place_and_count_the_rest():
    body = b'{"events":[{"userId":"u"},{"eventName":"E","timestamp":1}]}'

    assert taken(body).details == (
        "events[0].eventName is missing. Expected a non-empty string. (2 more.)"
    )


def test_details_of_the_whole_body_need_no_path():
    assert taken(b"").details == 'The body is empty. Expected JSON like {"events": [...]}.'


def test_a_time_that_is_whole_counts_however_it_is_written():
    for digits in (b"1612137600.0", b"1e9", b"-1", b"0", b"-0.0", b"9223372036854775807"):
        assert taken(GOOD.replace(b"1612137600", digits)).status == 202, digits


def test_jsonschema_is_loaded_with_the_first_refusal():
    program = (
        "import sys\n"
        "from mock_server.toplyne.upload_shape import shape\n"
        "from sandbox.toplyne import SEND_EVENTS\n"
        f"for body in ({GOOD!r}, b'[]'):\n"
        "    shape(SEND_EVENTS, body, content_type='application/json', content_encoding='',"
        " rules='documented')\n"
        "    print('jsonschema' in sys.modules)\n"
    )

    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert printed.stdout.decode().split() == ["False", "True"]
