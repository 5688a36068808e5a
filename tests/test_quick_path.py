"""The server's quick way: an upload counted as bytes is answered as one that is checked."""

import gzip

import pytest

from mock_server.answering import Answering
from mock_server.exchange import received
from mock_server.mock import Mock
from mock_server.toplyne.api import ToplyneApi
from sandbox.toplyne import TOPLYNE
from tests.test_shape import BAD_BODIES, GOOD, content_of

TOKEN = "tok_of_the_quick_way"
TYPES = [
    "application/json", "application/json; charset=utf-8", "text/plain", "application/x+json", None
]  # fmt: skip
ENCODINGS = [None, "", "identity", "gzip", "GZIP", "br"]


@pytest.fixture(scope="module", params=["documented", "observed"])
def both(request):
    mocks = [Mock(tokens={"me": TOKEN}, rules=request.param) for _ in range(2)]
    for mock in mocks:
        for _ in range(30):  # the first calls are never counted as bytes
            mock.answer(call(GOOD))
    yield mocks
    for mock in mocks:
        mock.close()


def call(body, *, path="/upload/events", content_type="application/json", encoding=None):
    headers = [("Authorization", f"Bearer {TOKEN}")]
    headers += [("Content-Type", content_type)] if content_type is not None else []
    headers += [("Content-Encoding", encoding)] if encoding is not None else []
    return received("POST", f"/v1{path}", headers, body)


def assert_same(both, monkeypatch, asked):
    quick = both[0].answer(asked)
    with monkeypatch.context() as without:
        without.setattr(ToplyneApi, "_surely", lambda *_: 0)
        plain = both[1].answer(asked)
    assert (quick.status, quick.body, quick.headers) == (plain.status, plain.body, plain.headers)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("content_type", TYPES)
@pytest.mark.parametrize("body", [GOOD, gzip.compress(GOOD)], ids=["plain", "gzip"])
def test_headers_are_looked_at_before_a_body_is_counted(
    both, monkeypatch, body, content_type, encoding
):
    assert_same(both, monkeypatch, call(body, content_type=content_type, encoding=encoding))


@pytest.mark.parametrize(
    ("size", "end", "is_quick"),
    [
        (60_000, b"", True),
        (60_000, b"x", True),
        (70_000, b"", True),
        (70_000, b"x", False),
        (270_000, b"", False),
    ],
)
def test_a_longer_body_is_answered_at_once_where_it_is_surely_right(both, size, end, is_quick):
    member = b',"eventProperties":{"long":"%s"}}]}' % (b"x" * size)
    asked = call(GOOD.removesuffix(b"}]}") + member + end)

    answer = Answering(both[0], in_process=True).quick(asked)

    assert (answer is not None) == is_quick
    assert answer is None or answer.status == both[1].answer(asked).status
    assert both[1].answer(asked).status == (400 if end else 202)


def test_every_bad_body_is_refused_on_both_ways(both, monkeypatch):
    for case in BAD_BODIES:
        asked = call(
            content_of(case),
            path=case["endpoint"],
            content_type=case.get("content_type", "application/json"),
            encoding=case.get("content_encoding"),
        )
        assert_same(both, monkeypatch, asked)


def test_every_endpoint_counts_what_it_takes(both, monkeypatch):
    for upload in TOPLYNE.uploads:
        assert_same(both, monkeypatch, call(GOOD, path=upload.endpoint.path))
