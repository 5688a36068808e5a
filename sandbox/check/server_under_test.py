"""Server under test: the calls that reach it, and its answers, each within bounds."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import cached_property
from typing import Final, Self
from urllib.parse import urlsplit

import httpx

from sandbox.check.failures import CheckError
from sandbox.check.http_calls import CHUNKED, KEY, STATE, HttpCall, Reply
from sandbox.delivery_client import AnswerTooLarge, trusted_authorities
from sandbox.masked_keys import masked
from sandbox.toplyne import TOPLYNE
from sandbox.values import MISSING, Json

_NEWEST: Final = "order=desc&limit=50"
_MAX_ANSWER: Final = 2**20
_MOST_SILENCES: Final = 4
"""After this many calls that were not answered in time, the check ends."""
_DROPPED: Final = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
_AUTH: Final = HttpCall("GET", TOPLYNE.auth_path, headers=())


class ServerUnderTest:
    """A server under test: its base URL (ends in /v1) and a key. A context manager."""

    def __init__(self, url: str, api_key: str, *, timeout: float) -> None:
        """Open a client without sending anything."""
        self.url = url.rstrip("/")
        self._key = api_key
        self._timeout = timeout
        self._client = self._open()
        self._calls = self._silences = 0
        self.last: HttpCall | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def _open(self) -> httpx.Client:
        return httpx.Client(timeout=self._timeout, trust_env=False, verify=trusted_authorities())

    def ask(self, call: HttpCall, url: str = "") -> Reply:
        """Return the answer to a call, with status 0 if only this call gets no valid one.

        Raises CheckError if no call is answered, or too many wait in vain.
        """
        try:
            answer = self._sent(self._request(call, url))
        except httpx.HTTPError as error:
            return self._unanswered(call, error)
        self._calls += 1
        self.last = call
        return answer

    def ask_together(self, calls: Iterable[HttpCall]) -> list[Reply]:
        """Return the answers to calls that are sent at once, each on a connection of its own."""
        self.renew()  # a server with one thread waits until the kept connection is closed

        def ask_alone(call: HttpCall) -> Reply:
            with self._open() as client:
                try:
                    return _answer_of(client, self._request(call))
                except httpx.HTTPError as error:
                    return self._silent(error)

        requests = [*calls]
        with ThreadPoolExecutor(len(requests)) as threads:
            return [*threads.map(ask_alone, requests)]

    def _request(self, call: HttpCall, url: str = "") -> httpx.Request:
        headers = [(name.encode(), text.encode("latin-1")) for name, text in call.headers]
        if call.authorization is not None:
            value = call.authorization.replace(KEY, self._key)
            headers.append((b"Authorization", value.encode("latin-1")))
        # httpx sends a list in chunks
        content = [call.body] if CHUNKED in call.headers else call.body
        target = url or self.url + call.path
        return httpx.Request(call.method, target, headers=headers, content=content)

    def _sent(self, request: httpx.Request) -> Reply:
        try:
            return _answer_of(self._client, request)
        except _DROPPED:
            # the server may have closed an idle connection; a new one tells
            self.renew()
            return _answer_of(self._client, request)

    def _unanswered(self, call: HttpCall, error: httpx.HTTPError) -> Reply:
        self._silences += isinstance(error, httpx.TimeoutException)
        if self._calls and self._silences <= _MOST_SILENCES:
            self.renew()
            with suppress(httpx.HTTPError):
                self._sent(self._request(_AUTH))
                return self._silent(error)
        after = f" after {self._calls} answers" if self._calls else ""
        raise CheckError(f"{self.url} {self._fault(error)}{after} ({error}): {call.shown}.")

    def _silent(self, error: httpx.HTTPError) -> Reply:
        return Reply(0, (), f"the server {self._fault(error)} ({error})".encode())

    def _fault(self, error: httpx.HTTPError) -> str:
        if isinstance(error, AnswerTooLarge):
            return "sends more than this check reads"
        if isinstance(error, _DROPPED):
            return "does not answer with valid HTTP"
        if isinstance(error, httpx.TimeoutException):
            return f"did not answer within {self._timeout:g} s"
        return "cannot be reached"

    def renew(self) -> None:
        """Close the connection; the next call opens another."""
        self._client.close()
        self._client = self._open()
        self.last = None

    def check_connection(self) -> None:
        """Test key and URL; raises CheckError if the key is refused or the answer is not JSON."""
        answer = self.ask(_AUTH)
        if answer.status in {401, 403}:
            raise CheckError(
                f"the API key {masked(self._key)} was refused by {self.url} with {answer.status}; "
                "give a valid one in --api-key or TOPLYNE_API_KEY."
            )
        if 200 <= answer.status < 300 and answer.json is MISSING:
            raise CheckError(
                f"{self.url} answers GET {TOPLYNE.auth_path} with invalid JSON, "
                f"{answer.shown!r}; is this the API's base URL, which ends in /v1?"
            )

    @cached_property
    def has_state(self) -> bool:
        """Whether its state can be read as the mock's can, below /_sandbox/state."""
        return self.state("events") is not None

    def state(self, kind: str) -> list[dict[str, Json]] | None:
        """Return its newest profiles, accounts or events, oldest first; None if it has no state."""
        call = HttpCall("GET", f"{STATE}/{kind}", headers=())
        base = urlsplit(self.url)
        path = base.path.rpartition("/")[0] + call.path
        answer = self.ask(call, base._replace(path=path, query=_NEWEST).geturl())
        value = answer.json
        items = value.get("items") if answer.status == 200 and isinstance(value, dict) else None
        if not isinstance(items, list):
            return None
        objects = [item for item in items if isinstance(item, dict)]
        return objects[::-1] if len(objects) == len(items) else None


def _answer_of(client: httpx.Client, request: httpx.Request) -> Reply:
    """Return the answer to a request; raises AnswerTooLarge above `_MAX_ANSWER` bytes."""
    body = b""
    with closing(client.send(request, stream=True)) as answer:
        for piece in answer.iter_bytes():
            body += piece
            if len(body) > _MAX_ANSWER:
                said = f"the answer has more than {_MAX_ANSWER:,} bytes, which is the limit"
                raise AnswerTooLarge(said)
    fields = tuple((name.lower(), value) for name, value in answer.headers.multi_items())
    return Reply(answer.status_code, fields, body)
