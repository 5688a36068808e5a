"""What is recorded of each exchange, and that drift and replay read it."""

import base64
import gzip
import json
import socket
import stat
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from mock_server import MockServer
from mock_server.reference import drift
from mock_server.server.recorder import Recorder
from sandbox.cli import cli
from sandbox.recording import Exchange, read_recording
from tests.wire import http, post, talk

EVENT = {"userId": "u1", "eventName": "Signed Up", "timestamp": 1795450639}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "recorded.ndjson"


def entries(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def recorded(file, work):
    with MockServer(record=file) as server:
        work(server)
    return entries(file)


def test_each_exchange_is_an_entry_with_its_keys_masked(file):
    def work(server):
        server.client.post("/upload/events?token=secret-of-mine", json={"events": [EVENT]})
        server.client.get("/auth/me")
        http.get(f"{server.url}/_sandbox/entries")
        http.get(f"{server.url}/")
        work.token = server.token

    first, second = recorded(file, work)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert first["request"]["method"] == "POST"
    assert first["request"]["url"].endswith("/v1/upload/events?token=…mine")
    assert json.loads(first["request"]["postData"]["text"]) == {"events": [EVENT]}
    assert first["response"]["status"] == 202
    assert json.loads(first["response"]["content"]["text"])["status"] == "SUCCESS"
    assert {"name": "authorization", "value": f"Bearer …{work.token[-4:]}"} in first["request"][
        "headers"
    ]
    assert second["request"]["url"].endswith("/v1/auth/me")
    assert first["time"] >= 0
    assert first["startedDateTime"].endswith("Z")
    assert work.token not in file.read_text()


def test_a_write_key_is_masked_in_a_compressed_body_and_in_a_pixel(file):
    def work(server):
        body = {"writeKey": server.write_key, "event": "E", "userId": "u", "type": "track"}
        http.post(
            f"{server.url}/v1/track",
            content=gzip.compress(json.dumps(body).encode()),
            headers={"Content-Encoding": "gzip", "Content-Type": "application/json"},
        )
        data = base64.b64encode(json.dumps(body).encode()).decode()
        http.get(f"{server.url}/v1/pixel/track?data={data}")
        work.key = server.write_key

    track, pixel = recorded(file, work)

    text = track["request"]["postData"]["text"]
    assert json.loads(text)["writeKey"] == f"…{work.key[-4:]}"
    names = {each["name"] for each in track["request"]["headers"]}
    assert "content-encoding" not in names
    assert pixel["request"]["url"].endswith("/v1/pixel/track?data=…")
    assert work.key not in file.read_text()


def test_an_answer_that_was_lost_has_the_status_0(file):
    def work(server):
        server.fail_next(wire="reset")
        with pytest.raises(httpx.TransportError):
            server.client.get("/auth/me")
        server.answer_next(status=502, body=b"\xff")
        server.client.get("/auth/me")

    lost, odd = recorded(file, work)

    assert (lost["response"]["status"], lost["response"]["content"]) == (0, {"size": 0})
    assert (odd["response"]["content"]["encoding"], odd["response"]["status"]) == ("base64", 502)


def test_the_recording_is_read_again_and_does_not_contradict_the_mock(file):
    def work(server):
        server.client.post("/upload/events", json={"events": [EVENT]})
        server.client.post("/upload/events", json={"events": [{}]})
        server.client.get("/auth/me")
        message = {"writeKey": server.write_key, "event": "E", "userId": "u"}
        http.post(f"{server.url}/v1/track", json=message)

    recorded(file, work)
    read = list(read_recording(file.read_bytes(), name="it"))
    drift = CliRunner().invoke(cli, ["drift", str(file)])
    replay = CliRunner().invoke(cli, ["replay", "--json", str(file)])

    assert [type(each) for each in read] == [Exchange] * 4
    assert [each.status for each in read] == [202, 400, 200, 200]
    assert drift.exit_code == 0, drift.output
    assert json.loads(replay.stdout)["events"] == 1, replay.output


def test_a_file_that_is_full_is_told_once_and_the_server_goes_on(file, capsys):
    recorder = Recorder(file, most_bytes=3000)
    server = MockServer()
    server._recorder = recorder
    with server:
        answers = [server.client.get("/auth/me").status_code for _ in range(5)]

    said = capsys.readouterr().err
    assert answers == [200] * 5
    assert said == f"{file} records no more exchanges: it has 3,000 bytes (record_bytes).\n"
    assert 1 <= len(entries(file)) < 5
    assert file.stat().st_size <= 3000


def test_what_is_there_is_appended_to(file):
    for _ in range(2):
        recorded(file, lambda server: server.client.get("/auth/me"))

    assert len(entries(file)) == 2


def test_an_unreadable_request_is_no_reason_to_stop(file):
    def work(server):
        with socket.create_connection((server.host, server.port)) as raw:
            raw.sendall(b"GET /v1/auth/me HTTP/1.1\r\nbad header\r\n\r\n")
            assert raw.recv(1000).startswith(b"HTTP/1.1 400")
        server.client.get("/auth/me")

    assert recorded(file, work)[-1]["response"]["status"] == 200


def test_what_was_never_a_whole_request_is_not_recorded(file):
    def work(server):
        head = post(token=server.token, length=100, close=False)
        assert talk(server, head, half_close=True).startswith(b"HTTP/1.1 400")
        assert talk(server, b"GET /v1/auth/me HTTP/1.1\r\nno field\r\n\r\n").startswith(
            b"HTTP/1.1 400"
        )

    assert recorded(file, work) == []


def test_of_a_body_that_is_too_large_only_the_length_is_recorded(file):
    def work(server):
        for length in (10 * 2**20 + 1, 10**12):
            head = post(
                body=b"", token=server.token, length=length, headers=["Expect: 100-continue"]
            )
            assert talk(server, head).startswith(b"HTTP/1.1 413")

    told = [each["request"] for each in recorded(file, work)]

    assert file.stat().st_size < 10_000
    assert [(each["bodySize"] > 10 * 2**20, "text" in each["postData"]) for each in told] == [
        (True, False),
        (True, False),
    ]


def test_a_url_is_recorded_as_one_that_means_the_path_that_came(file):
    target = "/v1/upload/events%3Fx%0A%20%C3%A9%25?a=%20"

    def work(server):
        talk(server, f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(), half_close=True)

    recorded(file, work)
    (only,) = read_recording(file.read_bytes(), name="it")

    assert only.target == target


def test_keys_are_masked_also_where_an_sdk_is_pointed_at_a_wrong_path_and_in_an_answer(file):
    def work(server):
        work.key = server.write_key
        for path, name in (("trak", "writeKey"), ("batch", r"write\u004bey"), ("x", "writeKey")):
            body = f'{{"{name}":"{work.key}","batch":[]}}'
            http.post(f"{server.url}/v1/{path}", content=body)
        http.get(f"{server.url}/v1/projects/{work.key}/settings")

    assert len(recorded(file, work)) == 4
    assert work.key not in file.read_text()


def test_a_batch_of_any_script_fits_a_line_that_replay_reads(file):
    message = {"type": "track", "event": "\u65e5" * 5000, "userId": "u"}

    def work(server):
        body = {"writeKey": server.write_key, "batch": [message] * 30}
        content = json.dumps(body, ensure_ascii=False).encode()
        assert http.post(f"{server.url}/v1/batch", content=content).status_code == 200

    recorded(file, work)
    replay = CliRunner().invoke(cli, ["replay", "--json", str(file)])

    assert file.stat().st_size < 500_000
    assert json.loads(replay.stdout)["events"] == 30, replay.output


def test_head_is_recorded_without_a_body_in_its_answer(file):
    (only,) = recorded(file, lambda server: server.client.head("/auth/me"))

    assert (only["response"]["status"], only["response"]["content"]["text"]) == (200, "")


def test_no_odd_request_makes_a_recording_that_contradicts_the_mock(file):
    folder = Path(__file__).parent
    cases = json.loads((folder / "http_requests.json").read_text(encoding="utf-8"))["cases"]
    told = [case["send"][0] for case in cases if len(case["send"]) == 1]
    with MockServer(record=file, tokens={"default": "t0k3n-t0k3n-t0k3n"}) as server:
        for text in told:
            if isinstance(text, str) and not text.startswith("get "):
                talk(server, text.encode("latin-1"), half_close=True)
        secrets = server.token, server.write_key

    read = list(read_recording(file.read_bytes(), name="it"))
    found = drift([each for each in read if isinstance(each, Exchange)])

    assert len(read) > 80
    assert [each for each in read if not isinstance(each, Exchange)] == []
    assert found.contradictions == ()
    assert not any(secret in file.read_text() for secret in secrets)
