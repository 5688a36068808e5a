"""Toplyne's API: answer a call in five steps.

Tokens, faults, shape, journal with state, answers: each step passes the call on or refuses it. A
refusal is journaled too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mock_server.exchange import Answer, Received, Refusal, broken
from mock_server.routes import Route, find_route
from mock_server.store.database import NOBODY
from mock_server.store.journal import Journal
from mock_server.store.tokens import NO_BEARER, RULE, STATUS, WIRE_DETAILS, Bearer, Tokens
from mock_server.toplyne import answers
from mock_server.toplyne.fault import Fault, InvalidFault
from mock_server.toplyne.fault_reading import fault_of_header
from mock_server.toplyne.faults import Faults
from mock_server.toplyne.upload_shape import check_headers, shape
from sandbox.contract import count_surely
from sandbox.segment.definition import Rules, Upload
from sandbox.toplyne import TOPLYNE

_USUAL: Final = frozenset({("application/json",), ("application/json; charset=utf-8",)})
_FEW: Final = 20  # importing the quick check takes longer than checking this many exactly


@dataclass(frozen=True, slots=True, kw_only=True)
class ToplyneApi:
    """Toplyne's API, made of its parts. `answer` is its only method."""

    tokens: Tokens
    faults: Faults
    journal: Journal
    rules: Rules
    clock: Callable[[], float]

    def answer(self, received: Received) -> Answer:
        """Answer one call and journal it. Raises StoreUnavailable."""
        route = find_route(received.method, received.path)
        if isinstance(route, Refusal) and route.status == 404:
            return self._refused(received, NO_BEARER, route)
        if received.method == "OPTIONS":
            return self._options(received, route)

        bearer = self.tokens.check(received.header_values("authorization"), self.clock())
        if bearer.token is None:
            return self._refused(received, bearer, _bad_token(bearer))

        fault = self._fault(received, bearer.token.tenant)
        if isinstance(fault, Refusal):
            return self._refused(received, bearer, fault)
        if fault is not None and fault.status is not None and not fault.does_work:
            return self._faulted(received, bearer, fault, Answer(fault.status))

        items = route if isinstance(route, Refusal) else self._items(received, route)
        if isinstance(items, Refusal):
            return self._refused(received, bearer, items, fault)

        answer = answers.success(received.path, bearer.token.name)
        if fault is not None:
            return self._faulted(received, bearer, fault, answer, items)
        entry = self.journal.append(
            received,
            status=answer.status,
            tenant=bearer.token.tenant,
            token=bearer.ending,
            items=items,
        )
        return answer.of_entry(entry)

    def _fault(self, received: Received, tenant: int) -> Fault | Refusal | None:
        try:
            asked = fault_of_header(received)
            if asked is None:
                return self.faults.take(tenant, received)
            self.faults.check(asked)
        except InvalidFault as error:
            return _bad_fault(error)
        return asked

    def _items(self, received: Received, route: Route) -> int | Refusal:
        """Return how many items go into the state, or why the request is refused."""
        if not received.complete:
            return _cut_short(received)
        if route.upload is None:
            return 0
        items = self._surely(route.upload, received)
        if items:
            return items

        content_type, content_encoding = _content_headers(received)
        found = shape(
            route.upload,
            received.body,
            content_type=content_type,
            content_encoding=content_encoding,
            rules=self.rules,
        )
        if found.problems:
            return Refusal(found.status, found.problems, found.details)
        return len(found.json[route.upload.endpoint.envelope])

    def _surely(self, upload: Upload, received: Received) -> int:
        """Return the number of items if all are surely right, or 0 if `shape` has to decide."""
        headers = received.headers.by_name
        if headers.get("content-type") not in _USUAL or "content-encoding" in headers:
            return 0
        if self.journal.next_number <= _FEW:
            return 0
        return count_surely(upload, received.body, rules=self.rules)

    def _refused(
        self, received: Received, bearer: Bearer, refusal: Refusal, fault: Fault | None = None
    ) -> Answer:
        answer = answers.refusal(refusal.status, refusal.details, headers=refusal.headers)
        if fault is not None:
            answer = fault.upon(answer)
        return self.note(received, refusal, answer, bearer, fault)

    def note(
        self,
        received: Received,
        refusal: Refusal,
        answer: Answer,
        bearer: Bearer = NO_BEARER,
        fault: Fault | None = None,
    ) -> Answer:
        """Journal a refused request, and return its answer with the entry's number."""
        if len(received.body) > TOPLYNE.max_body:
            received = received._replace(body=b"")
        entry = self.journal.append(
            received,
            status=refusal.status if fault is None else fault.status or refusal.status,
            tenant=NOBODY if bearer.known is None else bearer.known.tenant,
            token=bearer.ending,
            problems=refusal.problems,
            fault=None if fault is None else fault.name,
            answer=answer,
        )
        return answer.of_entry(entry)

    def _faulted(
        self, received: Received, bearer: Bearer, fault: Fault, answer: Answer, items: int = 0
    ) -> Answer:
        answer = fault.upon(answer)
        entry = self.journal.append(
            received,
            status=answer.status,
            tenant=NOBODY if bearer.known is None else bearer.known.tenant,
            token=bearer.ending,
            items=items if fault.does_work else 0,
            fault=fault.name,
            answer=answer,
        )
        return answer.of_entry(entry)

    def is_refused(self, received: Received) -> bool:
        """Return whether the head of a call is enough to refuse it, whatever its body is."""
        bearer = self.tokens.check(received.header_values("authorization"), self.clock())
        if bearer.token is None:
            return True
        route = find_route(received.method, received.path)
        if isinstance(route, Refusal) or route.upload is None:
            return isinstance(route, Refusal)
        return check_headers(*_content_headers(received)) is not None

    def _options(self, received: Received, route: Route | Refusal) -> Answer:
        bearer = self.tokens.check(received.header_values("authorization"), self.clock())
        if isinstance(route, Refusal):
            return self._refused(received, bearer, route)
        tenant = NOBODY if bearer.known is None else bearer.known.tenant
        entry = self.journal.append(received, status=204, tenant=tenant, token=bearer.ending)
        return Answer(204, (*answers.HEADERS, ("Allow", route.allow)), b"", entry)


def _content_headers(received: Received) -> tuple[str, str]:
    return received.header("content-type") or "", received.header("content-encoding") or ""


def _bad_token(bearer: Bearer) -> Refusal:
    status = STATUS[bearer.verdict]
    right = WIRE_DETAILS[status]
    bad = broken(RULE[bearer.verdict], bearer.sentence, found=bearer.verdict, expected=right)
    headers = (("WWW-Authenticate", "Bearer"),) if status == 401 else ()
    return Refusal(status, (bad,), right, headers)


def _bad_fault(error: InvalidFault) -> Refusal:
    said = [f"{p.path}: {p.message}" for p in error.problems]
    right = "a fault such as 503, 429; retry-after=2 or reset"
    problems = tuple(
        broken("fault-header", each, found="X-Sandbox-Fault", expected=right) for each in said
    )
    return Refusal(400, problems, f"X-Sandbox-Fault is not a fault. {' '.join(said)}")


def _cut_short(received: Received) -> Refusal:
    here = f"{len(received.body)} bytes"
    announced = received.header("content-length")
    whole = f"{announced} bytes" if announced else "a last chunk"
    message = f"The body is cut short: it ends after {here} and should have {whole}."
    return Refusal(400, (broken("body-complete", message, found=here, expected=whole),), message)
