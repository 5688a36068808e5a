"""Asking: HTTP calls to the server under test, and one clear sentence if it does not answer."""

from typing import Final, Self
from urllib.parse import urlsplit

import httpx

from sandbox.check.failure import CheckError
from sandbox.check.http_calls import KEY, NO_ANSWER, STATE, Call, Told
from sandbox.delivery_client import trusted_authorities
from sandbox.segment.javascript import MISSING, Json
from sandbox.toplyne import TOPLYNE

_NEWEST: Final = "order=desc&limit=50"
_MAX_ANSWER: Final = 2**20
_DROPPED: Final = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
_IS_DROPPED: Final = "disconnected without sending a response"


class Server:
    """A server under test: its base URL (ends in /v1) and a key. A context manager."""

    def __init__(self, url: str, api_key: str, *, timeout: float) -> None:
        """Open a client; nothing is sent yet."""
        self.url = url.rstrip("/")
        self._key = api_key
        self._timeout = timeout
        self._client = self._open()
        self._calls = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def ask(self, call: Call) -> Told:
        """Return the answer to a call; raises CheckError with a sentence if there is no answer."""
        return self._answer(call, self.url + call.path)

    def _answer(self, call: Call, url: str) -> Told:
        headers = [(name.encode(), text.encode("latin-1")) for name, text in call.headers]
        if call.authorization is not None:
            value = call.authorization.replace(KEY, self._key)
            headers.append((b"Authorization", value.encode("latin-1")))
        request = httpx.Request(call.method, url, headers=headers, content=call.body)
        try:
            answer = self._sent(request)
        except _DROPPED as error:
            if self._calls and _IS_DROPPED in str(error):
                return NO_ANSWER  # it answers other calls, so that this is about the call
            raise self._error(call, "does not answer with valid HTTP", error) from None
        except httpx.TimeoutException:
            raise self._error(call, f"did not answer within {self._timeout:g} s") from None
        except httpx.HTTPError as error:
            raise self._error(call, "cannot be reached", error) from None
        self._calls += 1
        if len(answer.content) > _MAX_ANSWER:
            raise self._error(call, f"answers with {len(answer.content):,} bytes")
        fields = tuple((name.lower(), value) for name, value in answer.headers.multi_items())
        return Told(answer.status_code, fields, answer.content)

    def _error(self, call: Call, what: str, error: Exception | None = None) -> CheckError:
        after = f" after {self._calls} answers" if self._calls else ""
        why = f" ({error})" if error else ""
        return CheckError(f"{self.url} {what}{after}{why}: {call.shown}.")

    def _sent(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._client.send(request)
        except _DROPPED:
            # an idle connection may end as it is used again; a new one tells
            self._client.close()
            self._client = self._open()
            return self._client.send(request)

    def _open(self) -> httpx.Client:
        return httpx.Client(
            timeout=self._timeout,
            trust_env=False,
            follow_redirects=False,
            verify=trusted_authorities(),
        )

    def greet(self) -> None:
        """Test key and URL; raises CheckError if the key is refused or the answer is not JSON."""
        told = self.ask(Call("GET", TOPLYNE.auth_path, headers=()))
        if told.status in {401, 403}:
            ending = f"…{self._key[-4:]}" if len(self._key) >= 8 else "…"
            raise CheckError(
                f"the API key {ending} was refused by {self.url} with {told.status}; "
                "give a valid one in --api-key or TOPLYNE_API_KEY."
            )
        if 200 <= told.status < 300 and told.json is MISSING:
            raise CheckError(
                f"{self.url} answers GET {TOPLYNE.auth_path} with invalid JSON, "
                f"{told.shown!r}; is this the API's base URL, which ends in /v1?"
            )

    @property
    def has_state(self) -> bool:
        """Whether its state can be read, as that of the mock."""
        return self.state("events") is not None

    def state(self, kind: str) -> list[dict[str, Json]] | None:
        """Return its newest profiles, accounts or events, oldest first; None if it has no state."""
        call = Call("GET", f"{STATE}/{kind}", headers=())
        base = urlsplit(self.url)
        path = base.path.rpartition("/")[0] + call.path
        told = self._answer(call, base._replace(path=path, query=_NEWEST).geturl())
        value = told.json
        items = value.get("items") if told.status == 200 and isinstance(value, dict) else None
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            return None
        return items[::-1]
