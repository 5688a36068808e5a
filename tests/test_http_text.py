"""HTTP text: a head that is known is read as httptools would read it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.bounds import Bounds
from mock_server.server.head import Heads, RequestError, read_head

LENGTH = b"POST /v1/x?a=1 HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
ODD = b"POST /v1/x HTTP/1.1\r\nHost: a\r\n%b\r\n\r\n"


def knowing(head):
    heads = Heads(Bounds())
    heads.read(head)
    assert heads.whole(head) is None  # a head that came once may never come again
    return heads, heads.read(head)


@given(data=st.binary())
def test_only_a_whole_request_with_a_known_head_is_recognised(data):
    heads, head = knowing(LENGTH % 3)

    found = heads.whole(LENGTH % 3 + data)

    assert (found is not None) == (len(data) == 3)
    assert found is None or found == head.request._replace(body=data)
    assert heads.whole(data) is None


@pytest.mark.parametrize(
    ("header", "body"),
    [(b"Transfer-Encoding: chunked", b"x"), (b"Expect: 100-continue\r\nContent-Length: 1", b"x")],
)
def test_a_head_that_needs_more_than_its_bytes_is_not_recognised_as_a_whole(header, body):
    heads, head = knowing(ODD % header)

    assert heads.whole(ODD % header + body) is None
    assert heads.read(ODD % header) is head


def test_an_offer_to_upgrade_is_kept_as_it_came():
    _, head = knowing(ODD % b"Upgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 2")

    assert head.request.headers == (
        ("host", "a"),
        ("upgrade", "h2c"),
        ("connection", "Upgrade"),
        ("content-length", "2"),
    )
    assert head.length == 2


def test_what_cannot_be_read_is_not_learned():
    heads = Heads(Bounds())

    for _ in range(3):
        with pytest.raises(RequestError):
            heads.read(b"POST /v1/x HTTP/1.1\r\n\r\n")


TOKENS = st.text("abcXYZ019-_.=/+~$!#'[]", min_size=8, max_size=40)
NAMES = st.sampled_from([b"Authorization", b"authorization", b"AUTHORIZATION"])
OTHERS = st.lists(
    st.sampled_from(
        [
            b"X-Api-Key: 0123456789",
            b"Accept: */*",
            b"Authorization: Bearer another-token",
            b"authorization: Basic dTpw",
            b"Content-Length: 2",
            b"Connection: close",
        ]
    ),
    max_size=3,
    unique=True,
)


@given(name=NAMES, tokens=st.lists(TOKENS, min_size=2, max_size=3), before=OTHERS, after=OTHERS)
def test_a_head_that_differs_in_its_token_alone_is_read_as_if_it_were_the_first(
    name, tokens, before, after
):
    heads = Heads(Bounds())
    for token in tokens:
        fields = [*before, b"%b: Bearer %b" % (name, token.encode()), *after]
        data = ODD % b"\r\n".join(fields)
        try:
            alone = read_head(data, Bounds())
        except RequestError as error:
            with pytest.raises(RequestError, match=re.escape(str(error))):
                heads.read(data)
            continue
        found = heads.read(data)

        assert found == alone
        assert found.request.headers.by_name == alone.request.headers.by_name
        assert found.request.headers.masked == alone.request.headers.masked


@pytest.mark.parametrize(
    "header",
    [
        "Authorization: Bearer short",
        "Authorization: Bearer \xfcmlaut-token",
        'Authorization: Bearer quoted"-token',
        "Authorization: Bearer two-tokens, another",
        "Authorization: Bearer spaced-token ",
        "Authorization:  Bearer spaced-token",
        "Authorization: bearer small-scheme",
        "X-Authorization: Bearer other-header",
        "Authorization: Bearer folded-token\r\n and-more",
    ],
)
def test_every_other_head_with_a_token_is_read_by_itself(header):
    heads = Heads(Bounds())
    for ending in ("0001", "0002"):
        data = ODD % (header + ending).encode("latin-1")
        try:
            alone = read_head(data, Bounds())
        except RequestError as error:
            with pytest.raises(RequestError, match=re.escape(str(error))):
                heads.read(data)
            continue
        found = heads.read(data)

        assert (found, found.request.headers.masked) == (alone, alone.request.headers.masked)


def test_a_bounded_number_of_heads_is_kept():
    heads = Heads(Bounds())
    for size in range(3000):
        heads.read(LENGTH % size)
        heads.read(LENGTH % size)

        heads.read(ODD % b"Authorization: Bearer a-good-token\r\nX-A: %d" % size)

    assert max(len(heads._known), len(heads._with_a_token)) <= 1000
