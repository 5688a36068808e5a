"""Server: whether another server answers as Toplyne's API does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, ClassVar, Final, Self, TypeAlias
from urllib.parse import urlsplit

import httpx

from sandbox.check import judging
from sandbox.check.cases import reduced_case, simpler_values
from sandbox.check.failures import (
    Broken,
    CheckedRule,
    CheckError,
    CheckKind,
    Failure,
    Reproduction,
    by_rule,
)
from sandbox.check.http_calls import (
    CHUNKED,
    JSON_TYPE,
    KEY,
    KINDS,
    LARGE,
    NO_ANSWER,
    OWN,
    STATE,
    HttpCall,
    Reference,
    Reply,
    body_of,
)
from sandbox.check.reproducing import server_reproduced
from sandbox.check.trial import Subject
from sandbox.delivery_client import trusted_authorities
from sandbox.masked_keys import masked
from sandbox.segment.json_text import json_text
from sandbox.toplyne import IDS, TOPLYNE
from sandbox.values import MISSING, Json, members

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Calls: TypeAlias = tuple[HttpCall, ...]

_NOT_ASKED: Final = frozenset({"own-host", "fault-header", "body-complete"})
"""Rules that the check does not test: only the mock has them, or no client can break them."""

_OF_STATE: Final = frozenset({
    "profile-identity", "users-not-joined", "merge-properties", "event-no-profile",
    "creation-time-user", "creation-time-account",
})  # fmt: skip
"""Rules that only the state of a server can show."""

_FOREIGN_KEY: Final = "tok_of_nobody_at_all"

_SEQUENCES: Final = 10
"""How many examples one sequence counts as, since it makes several calls."""

_NEWEST: Final = "order=desc&limit=50"
_MAX_ANSWER: Final = 2**20
_DROPPED: Final = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
_IS_DROPPED: Final = "disconnected without sending a response"


class ServerUnderTest:
    """A server under test: its base URL (ends in /v1) and a key. A context manager."""

    def __init__(self, url: str, api_key: str, *, timeout: float) -> None:
        """Open a client without sending anything."""
        self.url = url.rstrip("/")
        self._key = api_key
        self._timeout = timeout
        self._client = self._open()
        self._calls = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def _open(self) -> httpx.Client:
        return httpx.Client(timeout=self._timeout, trust_env=False, verify=trusted_authorities())

    def ask(self, call: HttpCall, url: str = "") -> Reply:
        """Return the answer to a call; raises CheckError if there is no answer."""
        headers = [(name.encode(), text.encode("latin-1")) for name, text in call.headers]
        if call.authorization is not None:
            value = call.authorization.replace(KEY, self._key)
            headers.append((b"Authorization", value.encode("latin-1")))
        target = url or self.url + call.path
        # httpx sends a list in chunks
        content = [call.body] if CHUNKED in call.headers else call.body
        request = httpx.Request(call.method, target, headers=headers, content=content)
        try:
            answer = self._sent(request)
        except _DROPPED as error:
            if self._calls and _IS_DROPPED in str(error):
                return NO_ANSWER  # it answered other calls, so this call is the reason
            raise self._error(call, "does not answer with valid HTTP", error) from None
        except httpx.TimeoutException:
            raise self._error(call, f"did not answer within {self._timeout:g} s") from None
        except httpx.HTTPError as error:
            raise self._error(call, "cannot be reached", error) from None
        self._calls += 1
        if len(answer.content) > _MAX_ANSWER:
            raise self._error(call, f"answers with {len(answer.content):,} bytes")
        fields = tuple((name.lower(), value) for name, value in answer.headers.multi_items())
        return Reply(answer.status_code, fields, answer.content)

    def _error(self, call: HttpCall, what: str, error: Exception | None = None) -> CheckError:
        after = f" after {self._calls} answers" if self._calls else ""
        why = f" ({error})" if error else ""
        return CheckError(f"{self.url} {what}{after}{why}: {call.shown}.")

    def _sent(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._client.send(request)
        except _DROPPED:
            # the server may have closed an idle connection; a new one tells
            self.renew()
            return self._client.send(request)

    def renew(self) -> None:
        """Close the connection; the next call opens another."""
        self._client.close()
        self._client = self._open()

    def greet(self) -> None:
        """Test key and URL; raises CheckError if the key is refused or the answer is not JSON."""
        answer = self.ask(HttpCall("GET", TOPLYNE.auth_path, headers=()))
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

    @property
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


@dataclass(frozen=True)
class ServerSubject(Subject[Calls]):
    """A server under test, compared with a reference that knows the right answers.

    `own` is a string for ids that no other check used; `numbers` numbers the sequences.
    """

    check: ClassVar[CheckKind] = "server"
    server: ServerUnderTest
    reference: Reference
    own: str
    numbers: Iterator[int] = field(default_factory=count)

    def broken(self, case: Calls, known: Collection[str] = ()) -> dict[str, Broken]:
        """Return the rules that an answer or the state breaks, by key."""
        self.reference.forget()
        if len(case) > 1:
            return self._of_sequence(case)
        (call,) = case
        right, answer = self.reference.expect(call), self.server.ask(call)
        judged = judging.broken_rules(call, right, answer)
        wrong = _by_key(judged, right.answer.to_json(), answer.to_json())
        if right.broken and right.broken[0]["rule"] in known:
            wrong.pop("all-or-nothing", None)  # it accepts such an item alone, too
        return wrong

    def _of_sequence(self, calls: Calls) -> dict[str, Broken]:
        own = f"{self.own}-{next(self.numbers)}."
        for call in calls:
            owned = replace(call, body=call.body.replace(OWN.encode(), own.encode()))
            right = self.reference.expect(owned)
            if self.server.ask(owned).status // 100 != right.answer.status // 100:
                return {}  # the checks of single calls report this
        there = {kind: items for kind in KINDS if (items := self.server.state(kind)) is not None}
        if len(there) < len(KINDS):
            return {}  # the state cannot be read now
        known = _of(own, {kind: self.reference.state(kind) for kind in KINDS})
        found = _of(own, there)
        return _by_key(judging.compare_states(known, found), known, found)

    def renew(self) -> None:
        """Close the connection, so that the next call does not follow another on it."""
        self.server.renew()

    def smallest(self, found: Broken, case: Calls) -> Calls:
        """Return fewer calls, or a call with less in its body, that break the same rule."""

        def still(simpler: Calls) -> bool:
            again = self.broken(simpler).get(found.rule.key)
            return again is not None and again.aspect == found.aspect

        return reduced_case(case, still, _simpler)

    def failure(self, case: Calls, found: Broken, *, unstable: bool) -> Failure:
        """Return the failure of some calls; the sentence names the last one."""
        return Failure(
            check="server",
            case={"calls": [call.to_json() for call in case], "aspect": found.aspect},
            sentence=f"{case[-1].shown} {found.sentence}",
            unstable=unstable,
            **members(found, "rule", "right", "found", "differences"),
        )

    def plain(self) -> Iterator[Calls]:
        """Yield the calls of the catalogue."""
        from sandbox.check.catalogue import catalogue  # noqa: PLC0415 - Hypothesis is slow to load

        return ((call,) for call in catalogue(foreign_key=_FOREIGN_KEY))

    def generated(self) -> Iterator[tuple[SearchStrategy[Calls], int]]:
        """Yield the strategies of single calls, and of sequences if the server has a state."""
        # Hypothesis is slow to load
        from sandbox.check.catalogue import CALLS, SEQUENCES  # noqa: PLC0415

        has_state = self.server.has_state
        yield CALLS.map(lambda call: (call,)), 1
        if has_state:
            yield SEQUENCES, _SEQUENCES

    def rules(self) -> tuple[CheckedRule, ...]:
        """Return the rules of the API that calls can test, and those of its state if it has one."""
        has_state = self.server.has_state
        left_out = _NOT_ASKED if has_state else _NOT_ASKED | _OF_STATE
        asked = [judging.declared(rule.key) for rule in TOPLYNE.rules if rule.key not in left_out]
        always = (*asked, judging.status_rule(400), judging.ANSWERED)
        return (*always, judging.STORED) if has_state else always

    def read(self, case: dict[str, Json]) -> Calls:
        """Return the calls of a saved case."""
        return tuple(HttpCall.several(case["calls"]))

    def reproduced(self, failure: Failure) -> Reproduction:
        """Return how to reproduce a failure."""
        return server_reproduced(failure, self.server.url)


def _simpler(calls: Calls) -> Iterator[Calls]:
    """Yield the calls without one of them, or with one of them made simpler."""
    for number, call in enumerate(calls):
        before, after = calls[:number], calls[number + 1 :]
        if before or after:
            yield before + after
        body = Reply(0, (), call.body).json if len(call.body) < LARGE else MISSING
        if body is not MISSING and call.headers == (JSON_TYPE,):
            for simpler in simpler_values(body):
                yield (*before, replace(call, body=body_of(simpler)), *after)


def _by_key(broken: Iterable[Broken], right: object, found: object) -> dict[str, Broken]:
    """Return the first breach of each rule, with the right answer or state and the found one."""
    return by_rule(replace(each, right=right, found=found) for each in broken)


def _of(own: str, state: judging.StateItems) -> judging.StateItems:
    """Return the items with an id of this sequence; the ids have OWN again in place of `own`."""
    return {
        kind: [_renamed(item, own) for item in items if own in json_text(item)]
        for kind, items in state.items()
    }


def _renamed(item: dict[str, Json], own: str) -> dict[str, Json]:
    ids = ((key, value) for key, value in item.items() if key in IDS and isinstance(value, str))
    return item | {key: value.replace(own, OWN) for key, value in ids}
