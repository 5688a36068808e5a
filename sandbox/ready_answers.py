"""Ready answers: answers that a client may get instead of the API's own, for `answer_next`.

>>> toplyne.answer_next(**answers.gateway_502)
"""

from typing import Final, NamedTuple, TypedDict


class ReadyAnswer(TypedDict):
    """One answer: its status, headers and body."""

    status: int
    headers: dict[str, str]
    body: bytes


class ReadyAnswers(NamedTuple):
    """The ready answers, by name."""

    gateway_502: ReadyAnswer = ReadyAnswer(
        status=502,
        headers={"Content-Type": "text/html"},
        body=b"<html><head><title>502 Bad Gateway</title></head>"
        b"<body><h1>502 Bad Gateway</h1></body></html>",
    )
    """The answer of a gateway while its API is down: HTML, whatever the client accepts."""

    login_redirect: ReadyAnswer = ReadyAnswer(
        status=302, headers={"Location": "/login", "Content-Type": "text/html"}, body=b""
    )
    """The answer of a proxy that requires a login."""

    msg_code: ReadyAnswer = ReadyAnswer(
        status=200,
        headers={"Content-Type": "application/json"},
        body=b'{"MsgCode":"100","Msg":"Events uploaded","status":"success"}',
    )
    """The sample in Toplyne's docs, which no recording shows."""

    empty_202: ReadyAnswer = ReadyAnswer(status=202, headers={}, body=b"")
    """An accepted upload, answered without a body."""


answers: Final = ReadyAnswers()
"""Answers for `answer_next`: `gateway_502`, `login_redirect`, `msg_code`, `empty_202`."""
