"""Replay of archives that are elsewhere: the same as from disk, on real sockets."""

import gzip
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sandbox.replay import ReplayError, replay

TRACK = {
    "type": "track",
    "event": "Order Completed",
    "userId": "u1",
    "timestamp": "2026-03-02T08:59:30.000Z",
}
NO_CREDENTIALS = (
    "needs credentials, which were not found; set AWS_PROFILE for s3://,"
    " GOOGLE_APPLICATION_CREDENTIALS for gs:// or AZURE_STORAGE_CONNECTION_STRING for az://"
)
LINES = b"".join(
    json.dumps({**TRACK, "userId": f"u{number}"}).encode() + b"\n" for number in range(20_000)
)


class Archive(BaseHTTPRequestHandler):
    """Answers with gzip, encoded or not, or breaks off."""

    def do_GET(self):
        self.answer(with_body=True)

    def do_HEAD(self):
        self.answer(with_body=False)

    def answer(self, *, with_body):
        body = gzip.compress(LINES)
        if self.path.startswith("/twice"):
            body = gzip.compress(body)
        if self.path == "/missing":
            self.send_error(404)
            return
        self.send_response(200)
        if self.path.startswith(("/encoded", "/twice")):
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body[: len(body) // 2] if self.path == "/gone" else body)
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def archive():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Archive)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory):
    path = tmp_path_factory.mktemp("archive") / "a.gz"
    path.write_bytes(gzip.compress(LINES))
    return replay(path)


@pytest.mark.parametrize("path", ["/a.gz", "/encoded", "/twice.gz"])
def test_an_archive_over_http_is_read_to_its_end_however_it_is_encoded(archive, on_disk, path):
    report = replay(f"{archive}{path}")

    assert (report.events, report.unread) == (20_000, [])
    assert report.mappings == on_disk.mappings


def test_an_object_that_is_gone_is_told_and_what_was_read_counts(archive):
    report = replay([f"{archive}/gone", f"{archive}/missing", f"{archive}/a.gz"])

    assert 20_000 <= report.events < 40_000
    assert [(each.source, each.line) for each in report.unread] == [
        (f"{archive}/gone", 0),
        (f"{archive}/missing", 0),
    ]
    assert report.unread[1].reason == "does not exist."


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (type("NoCredentialsError", (Exception,), {}), NO_CREDENTIALS),  # S3
        (type("DefaultCredentialsError", (Exception,), {}), NO_CREDENTIALS),  # Google
        (lambda _: ValueError("Must provide account_name with credentials!!"), NO_CREDENTIALS),
        (type("OddError", (Exception,), {}), "cannot be read: OddError"),
    ],
    ids=["s3", "gs", "az", "another"],
)
def test_a_filesystem_that_cannot_be_entered_is_told_and_the_others_are_read(
    tmp_path, error, reason
):
    fsspec = pytest.importorskip("fsspec", reason="fsspec is missing here: the group test has it")

    class Locked(fsspec.AbstractFileSystem):
        protocol = "locked"

        def isdir(self, path):
            raise error(path)

        def find(self, path, **_):
            raise error(path)

    fsspec.register_implementation("locked", Locked, clobber=True)
    (tmp_path / "a.json").write_bytes(LINES)

    report = replay(["locked://bucket/logs", tmp_path / "a.json"])

    assert [tuple(each) for each in report.unread] == [("locked://bucket/logs", 0, f"{reason}.")]
    assert report.events == 20_000
    with pytest.raises(ReplayError, match=f"^{re.escape(reason)}$"):
        replay(tmp_path / "a.json", out="locked://bucket/out")


@pytest.mark.laws
def test_an_archive_in_s3_is_the_same_as_on_disk(tmp_path, monkeypatch):
    moto = pytest.importorskip("moto.server", reason="moto is missing here: the group test has it")
    boto3 = pytest.importorskip("boto3", reason="boto3 is missing here: the group test has it")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        for name, value in {
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        }.items():
            monkeypatch.setenv(name, value)
        client = boto3.client("s3")
        client.create_bucket(Bucket="archive")
        folder = tmp_path / "logs"
        folder.mkdir()
        for name, content in {
            "a.gz": gzip.compress(LINES),
            "b.json": LINES,
            "c.json": LINES[:30_000],
        }.items():
            (folder / name).write_bytes(content)
            client.put_object(Bucket="archive", Key=f"logs/{name}", Body=content)
        client.close()

        here = replay(folder, part_bytes=500_000, out=tmp_path / "out", requests=True)
        there = replay(
            "s3://archive/logs", part_bytes=500_000, out="s3://archive/out", requests=True
        )
        pattern = replay("s3://archive/logs/*.json")
        import fsspec  # noqa: PLC0415

        fs = fsspec.filesystem("s3")
        rows = gzip.decompress(fs.cat("s3://archive/out/requests.ndjson.gz"))
        names = sorted(each.rpartition("/")[2] for each in fs.find("s3://archive/out"))
    finally:
        server.stop()

    def told(text):
        return text.replace("s3://archive/logs", str(folder))

    assert json.loads(told(json.dumps(there.to_json()))) == {
        **here.to_json(),
        "problems": [],
        "suspicious": [],
    }
    assert pattern.events < there.events
    assert (
        told(rows.decode())
        == gzip.decompress((tmp_path / "out" / "requests.ndjson.gz").read_bytes()).decode()
    )
    assert names == ["rejected.ndjson.gz", "report.html", "requests.ndjson.gz"]
