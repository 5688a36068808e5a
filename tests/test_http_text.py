"""HTTP text: a head that is known is read as httptools would read it."""

from hypothesis import given
from hypothesis import strategies as st

from mock_server.exchange import received
from mock_server.server.http_text import Heads

LENGTH = b"POST /v1/x?a=1 HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"


def learned(data, *, headers, body, complete=True):
    heads = Heads()
    came = received("POST", "/v1/x?a=1", headers, body, complete=complete, keep_alive=False)
    assert heads.whole(data) is None
    heads.learn(data, came)
    assert heads.whole(data) is None  # a head that came once may never come again
    heads.learn(data, came)
    return heads, came


@given(first=st.binary(min_size=3, max_size=3), data=st.binary())
def test_only_a_whole_request_with_a_known_head_is_recognised(first, data):
    head = LENGTH % 3
    heads, came = learned(
        head + first, headers=[("Host", "a"), ("Content-Length", "3")], body=first
    )

    found = heads.whole(head + data)

    assert heads.whole(head + first) == came
    assert (found is not None) == (len(data) == 3)
    assert found is None or found.body == data
    assert heads.whole(data) is None


def test_a_head_that_does_not_say_where_its_request_ends_is_not_learned():
    odd = [("Transfer-Encoding", "chunked"), ("Expect", "100-continue"), ("Upgrade", "h2c")]
    for header in odd:
        data = LENGTH % 1 + b"x"
        heads, _ = learned(data, headers=[header, ("Content-Length", "1")], body=b"x")
        assert heads.whole(data) is None


def test_a_request_that_was_cut_short_is_not_learned():
    data = LENGTH % 1 + b"x"
    heads, _ = learned(data, headers=[("Content-Length", "1")], body=b"x", complete=False)

    assert heads.whole(data) is None


def test_a_bounded_number_of_heads_is_kept():
    heads = Heads()
    for size in range(3000):
        data = LENGTH % size + b"x" * size
        came = received("POST", "/v1/x", [("Content-Length", str(size))], b"x" * size)
        heads.learn(data, came)
        heads.learn(data, came)

    assert max(len(heads._known), len(heads._seen)) <= 1000
    assert heads.whole(LENGTH % 2999 + b"y" * 2999).body == b"y" * 2999


def test_a_long_head_is_not_kept():
    data = b"GET /v1/x HTTP/1.1\r\nHost: a\r\nX-Long: %s\r\n\r\n" % (b"y" * 5000)
    heads = Heads()

    for _ in range(2):
        heads.learn(data, received("GET", "/v1/x", [("Host", "a")]))

    assert heads.whole(data) is None
