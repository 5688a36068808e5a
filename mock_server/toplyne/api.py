"""Toplyne's API: answer a call in five steps.

Tokens, faults, shape, journal with state, answers: each step passes the call on or refuses it. A
refusal is journaled too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mock_server.exchange import HttpAnswer, Received, Refusal, broken
from mock_server.routes import Route, find_route
from mock_server.store.database import NOBODY
from mock_server.store.journal import Journal
from mock_server.store.tokens import NO_BEARER, RULE, WIRE_DETAILS, Bearer, Tokens
from mock_server.toplyne import answers
from mock_server.toplyne.fault import Fault, InvalidFault
from mock_server.toplyne.fault_reading import fault_of_header
from mock_server.toplyne.faults import TenantFaults
from mock_server.toplyne.upload_shape import check_headers, shape
from sandbox.contract import count_surely
from sandbox.segment.definition import Rules, Upload
from sandbox.toplyne import TOPLYNE

_USUAL: Final = frozenset({("application/json",), ("application/json; charset=utf-8",)})
_FEW_BYTES: Final = 2**20  # importing the quick check takes longer than checking these exactly


@dataclass(frozen=True, slots=True, kw_only=True)
class ToplyneApi:
    """Toplyne's API, made of its parts. `answer` answers one call."""

    tokens: Tokens
    faults: TenantFaults
    journal: Journal
    rules: Rules
    clock: Callable[[], float]

    def answer(self, received: Received, counted: int = 0) -> HttpAnswer:
        """Answer one call and journal it. Raises StoreUnavailable.

        `counted` is the result of `count`, 0 if that was not called.
        """
        route = find_route(received.method, received.path)
        if isinstance(route, Refusal) and route.status == 404:
            return self._refused(received, route)
        bearer = self.tokens.check(received.header_values("authorization"), self.clock())
        if received.method == "OPTIONS":
            if isinstance(route, Refusal):
                return self._refused(received, route, bearer)
            options = HttpAnswer(204, (*answers.HEADERS, ("Allow", route.allow)))
            return self.note(received, None, options, bearer)
        if bearer.token is None:
            return self._refused(received, _bad_token(bearer), bearer)

        fault = self._fault(received, bearer.token.tenant)
        if isinstance(fault, Refusal):
            return self._refused(received, fault, bearer)

        items: int | Refusal = 0
        if fault is None or fault.status is None or fault.does_work:
            items = route if isinstance(route, Refusal) else self._items(received, route, counted)
        if isinstance(items, Refusal):
            return self._refused(received, items, bearer, fault)

        answer = answers.success(received.path, bearer.token.name)
        return self.note(received, None, answer, bearer, fault=fault, items=items)

    def _fault(self, received: Received, tenant: int) -> Fault | Refusal | None:
        try:
            asked = fault_of_header(received)
            if asked is None:
                return self.faults.take(tenant, received)
            self.faults.check(asked)
        except InvalidFault as error:
            return _bad_fault(error)
        return asked

    def _items(self, received: Received, route: Route, counted: int) -> int | Refusal:
        """Return how many items go into the state, or why the request is refused."""
        if not received.complete:
            return _cut_short(received)
        if route.upload is None:
            return 0
        items = counted or self._surely(route.upload, received)
        if items:
            return items

        coded = _content_headers(received)
        found = shape(route.upload, received.body, rules=self.rules, **coded)
        if found.problems:
            return Refusal(found.status, found.problems, found.details)
        return len(route.upload.items_in(found.json))

    def count(self, received: Received) -> int:
        """Return the number of items if the quick check accepts the upload, else 0."""
        route = find_route(received.method, received.path)
        if isinstance(route, Refusal) or route.upload is None:
            return 0
        return self._surely(route.upload, received)

    def _surely(self, upload: Upload, received: Received) -> int:
        """Return the number of items if the quick check accepts them, or 0 to ask `shape`."""
        headers = received.headers.by_name
        is_usual = headers.get("content-type") in _USUAL and "content-encoding" not in headers
        if not is_usual or self.journal.next_number * len(received.body) < _FEW_BYTES:
            return 0
        return count_surely(upload, received.body, rules=self.rules)

    def _refused(
        self,
        received: Received,
        refusal: Refusal,
        bearer: Bearer = NO_BEARER,
        fault: Fault | None = None,
    ) -> HttpAnswer:
        answer = answers.refusal(refusal.status, refusal.details, headers=refusal.headers)
        return self.note(received, refusal, answer, bearer, fault=fault)

    def note(  # noqa: PLR0913 - what the journal keeps of a call
        self,
        received: Received,
        refusal: Refusal | None,
        answer: HttpAnswer,
        bearer: Bearer = NO_BEARER,
        *,
        fault: Fault | None = None,
        items: int = 0,
    ) -> HttpAnswer:
        """Journal a call; return its answer, changed by its fault, with the number of the entry.

        The journal keeps the answer unless it follows from the path alone.
        """
        if len(received.body) > TOPLYNE.max_body:
            received = received._replace(body=b"")
        if fault is not None:
            answer = fault.applied_to(answer)
            items = items if fault.does_work else 0
        entry = self.journal.append(
            received,
            status=answer.status if refusal is None or fault is not None else refusal.status,
            tenant=NOBODY if bearer.known is None else bearer.known.tenant,
            token=bearer.ending,
            items=items,
            problems=() if refusal is None else refusal.problems,
            fault=None if fault is None else fault.name,
            answer=None if refusal is None and fault is None else answer,
        )
        return answer.of_entry(entry)

    def is_refused(self, received: Received) -> bool:
        """Return whether a call is refused because of its head, whatever its body is."""
        bearer = self.tokens.check(received.header_values("authorization"), self.clock())
        if bearer.token is None:
            return True
        route = find_route(received.method, received.path)
        if isinstance(route, Refusal) or route.upload is None:
            return isinstance(route, Refusal)
        return check_headers(**_content_headers(received)) is not None


def _content_headers(received: Received) -> dict[str, str]:
    coding = received.header("content-encoding") or ""
    return {"content_type": received.header("content-type") or "", "content_encoding": coding}


def _bad_token(bearer: Bearer) -> Refusal:
    status = bearer.status
    right = WIRE_DETAILS[status]
    bad = broken(RULE[status], bearer.sentence, found=bearer.verdict, expected=right)
    headers = (("WWW-Authenticate", "Bearer"),) if status == 401 else ()
    return Refusal(status, (bad,), right, headers)


def _bad_fault(error: InvalidFault) -> Refusal:
    name, said = "X-Sandbox-Fault", [f"{p.path}: {p.message}" for p in error.problems]
    right = "a fault such as 503, 429; retry-after=2 or reset"
    problems = tuple(broken("fault-header", each, found=name, expected=right) for each in said)
    return Refusal(400, problems, f"{name} is not a fault. {' '.join(said)}")


def _cut_short(received: Received) -> Refusal:
    here = f"{len(received.body)} bytes"
    announced = received.header("content-length")
    whole = f"{announced} bytes" if announced else "a last chunk"
    message = f"The body is cut short: it ends after {here} and should have {whole}."
    return Refusal(400, (broken("body-complete", message, found=here, expected=whole),), message)
