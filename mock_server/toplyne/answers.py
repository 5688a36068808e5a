"""Answers: the bodies and headers of Toplyne's answers, recorded or assumed."""

import json
import sys
import traceback
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from mock_server.exchange import Headers, HttpAnswer, Received
from mock_server.routes import PREFIX
from mock_server.store.database import StoreUnavailable
from sandbox.contract import answer_schemas as contract
from sandbox.contract.answer_schemas import success_body
from sandbox.segment.definition import ErrorAnswer
from sandbox.toplyne import TOPLYNE
from sandbox.values import Json

HEADERS: Final[Headers] = TOPLYNE.answer_headers
_RENAMED: Final = {414: "URI Too Long", 416: "Range Not Satisfiable", 422: "Unprocessable Content"}
"""RFC 9110's phrases, which Python has only from 3.13 on."""
_PHRASES: Final = {each.value: each.phrase for each in HTTPStatus} | _RENAMED
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _compact(value: Json) -> bytes:
    return _encode(value).encode("utf-8", "replace")


ACCEPTED: Final[dict[str, HttpAnswer]] = {
    PREFIX + upload.endpoint.path: HttpAnswer(
        202, HEADERS, _compact(success_body({"message": upload.endpoint.accepted}))
    )
    for upload in TOPLYNE.uploads
}
"""The answer to an accepted upload at each path: 202 with the endpoint's message."""


def phrase_of(status: int) -> str:
    """Return the standard phrase of a status, or "" for one without, such as 599."""
    return _PHRASES.get(status, "")


def success(path: str, name: str) -> HttpAnswer:
    """Return the answer to an accepted upload, else 200 with the name of the token."""
    return ACCEPTED.get(path) or HttpAnswer(200, HEADERS, _compact(success_body(name)))


def error_body(status: int, details: str) -> bytes:
    """Return the recorded ERROR body with the words declared for the status."""
    return _compact(contract.error_body(_declared(status), details))


@lru_cache(maxsize=256)
def _declared(status: int) -> ErrorAnswer:
    try:
        return TOPLYNE.error(status)
    except KeyError:  # a status that only faults and the sandbox's own paths use
        phrase, evidence = phrase_of(status) or "Unknown", TOPLYNE.rule("own-host").evidence
        code, said = phrase.upper().replace(" ", "_"), phrase.capitalize()
        return ErrorAnswer(status=status, code=code, message=said, when="", evidence=evidence)


def refusal(
    status: int, details: str, *, entry: int | None = None, headers: Headers = ()
) -> HttpAnswer:
    """Return a refusal: the status, its declared words, and `details`, a sentence for people."""
    return HttpAnswer(status, (*HEADERS, *headers), error_body(status, details), entry)


def unavailable(error: StoreUnavailable) -> HttpAnswer:
    """Return the answer to a call that cannot be stored."""
    return refusal(503, f"Nothing can be stored now: {error}. Earlier requests are kept.")


def failed(received: Received) -> HttpAnswer:
    """Return the recorded 500, and print the traceback of the exception being handled."""
    show_bug(received)
    return refusal(500, "")


def show_bug(received: Received) -> None:
    """Print the traceback of the exception being handled on standard error."""
    sys.stderr.write(f"toplyne-sandbox: a bug in answering {received.method} ")
    sys.stderr.write(f"{received.path[:200]}\n{traceback.format_exc()}")
