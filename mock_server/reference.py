"""Reference: the mock's answers, to compare other servers and recordings with.

with MockReference(rules) as reference: ...     # the right answers for `check`
drift(exchanges)                                # the rules that a recording contradicts
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import Final, NamedTuple, Self

from mock_server.exchange import GZIP, HttpAnswer, Received, coding, received
from mock_server.mock import Mock
from mock_server.routes import PREFIX
from mock_server.segment import tracking_paths
from mock_server.tenant_view import TenantView
from mock_server.toplyne.upload_shape import GZIP_MAGIC
from sandbox.check.failures import Broken
from sandbox.check.http_calls import KEY, Expected, HttpCall, Reply
from sandbox.check.judging import broken_body, broken_headers, success_rule
from sandbox.masked_keys import CUT
from sandbox.recording import Exchange
from sandbox.segment.definition import Rules
from sandbox.toplyne import TOPLYNE
from sandbox.values import Json, ProblemJson, members, shortened

_TENANT: Final = "checked"
_TOKEN: Final = "tok_of_the_reference"  # noqa: S105 - of mocks that only live here
_KNOWN: Final = f"Bearer {_TOKEN}"
_UNKNOWN: Final = "Bearer tok_of_nobody"
_OURS: Final = frozenset({"authorization", "host", "origin", "x-sandbox-fault"})
_RULE_OF_STATUS: Final = {
    404: "path-known",
    405: "method-allowed",
    413: "body-size",
    415: "content-type",
}
"""The rule that a refusal with the status contradicts if the mock accepts the call."""


class MockReference:
    """The right answers under the given rules and under the documented ones. A context manager."""

    def __init__(self, rules: Rules) -> None:
        """Make a mock for the rules, and one for the documented rules if they differ."""
        words: set[Rules] = {rules, "documented"}
        self._mocks = {word: Mock(tokens={_TENANT: _TOKEN}, rules=word) for word in words}
        self.rules = rules

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for mock in self._mocks.values():
            mock.close()

    def expect(self, call: HttpCall) -> Expected:
        """Return the right answer, and the rule by which only the documented rules refuse it."""
        right = _expected(self._mocks[self.rules], call)
        if not right.accepted or self.rules == "documented":
            return right
        documented = _expected(self._mocks["documented"], call)
        return right._replace(stricter=documented.broken[0]["rule"] if documented.broken else "")

    def state(self, kind: str) -> list[dict[str, Json]]:
        """Return the state after the calls so far."""
        return TenantView.of(self._mocks[self.rules]).items(kind)

    def forget(self) -> None:
        """Forget the calls so far."""
        for mock in self._mocks.values():
            TenantView.of(mock).reset()


def _expected(mock: Mock, call: HttpCall) -> Expected:
    headers = [*call.headers]
    if call.authorization is not None:
        headers.append(("Authorization", call.authorization.replace(KEY, _TOKEN)))
    asked = received(call.method, PREFIX + call.path, headers, call.body)
    answer, problems = answered(mock, asked)
    lower = tuple((name.lower(), value) for name, value in answer.headers)
    return Expected(Reply(answer.status, lower, answer.body), problems)


def answered(mock: Mock, asked: Received) -> tuple[HttpAnswer, tuple[ProblemJson, ...]]:
    """Return a mock's answer to a call and the rules the call breaks."""
    answer = mock.answer(asked)
    # calls with an unknown token are shown with the default tenant
    entry = mock.journal.entry(mock.view_of(), answer.entry or 0)
    return answer, entry.problems if entry is not None else ()


class Contradiction(NamedTuple):
    """A rule of the mock that a recorded exchange contradicts, with a sentence about it."""

    rule: str
    place: str
    sentence: str

    def to_json(self) -> dict[str, object]:
        """Return the contradiction as a JSON object, with how the rule is known."""
        rule = TOPLYNE.rule(self.rule)
        return {
            **members(self, "rule", "place", "sentence"),
            "statement": rule.statement,
            "evidence": rule.evidence.to_json(),
        }


class Drift(NamedTuple):
    """What a recording contradicts, how many exchanges were compared, and why others were not."""

    contradictions: tuple[Contradiction, ...]
    compared: int
    passed_over: tuple[tuple[str, str], ...]

    @property
    def by_rule(self) -> dict[str, list[Contradiction]]:
        """The contradictions of each rule, in the order the rules are declared in."""
        found: dict[str, list[Contradiction]] = {rule.key: [] for rule in TOPLYNE.rules}
        for each in self.contradictions:
            found[each.rule].append(each)
        return {rule: those for rule, those in found.items() if those}


def drift(exchanges: Sequence[Exchange], *, rules: Rules = "documented") -> Drift:
    """Return where recorded exchanges contradict a mock under those rules.

    If no exchange has an Authorization header, as in a HAR that a browser exported, the recording
    left them out, and a good token takes their place.
    """
    named = {name for exchange in exchanges for name, _ in exchange.headers or ()}
    found: list[Contradiction] = []
    passed_over = []
    with closing(Mock(tokens={_TENANT: _TOKEN}, rules=rules)) as mock:
        for exchange in exchanges:
            if reason := _why_not(exchange):
                passed_over.append((exchange.place, reason))
            else:
                found += _compared(mock, exchange, bare="authorization" not in named)
    return Drift(tuple(found), len(exchanges) - len(passed_over), tuple(passed_over))


def _why_not(exchange: Exchange) -> str:
    """Return why an exchange says nothing about the API, or "" if it does."""
    status = exchange.status
    if exchange.method == "OPTIONS":
        return "a preflight of a browser"
    if tracking_paths.is_tracking(_path(exchange)):
        return "a call of Segment's Tracking API"
    if not 200 <= status <= 599:
        return "there was no answer" if status == 0 else f"{status} is not a final answer"
    if 300 <= status <= 399:
        return f"{status} is a redirect"
    if status > 500:
        return f"{status} is about the server's health, not about its rules"
    if exchange.body is None:
        return "the recording does not have its body"
    return ""


def _compared(mock: Mock, exchange: Exchange, *, bare: bool) -> Iterator[Contradiction]:
    mocked, problems = answered(mock, _as_received(mock, exchange, bare=bare))
    TenantView.of(mock).reset()

    broken: list[Broken] = []
    if exchange.answer_body is not None:
        real = Reply(exchange.status, (), exchange.answer_body)
        broken += broken_body(exchange.method, _path(exchange).removeprefix(PREFIX), real)
    if exchange.answer_headers is not None:
        broken += broken_headers(exchange.answer_headers)
    said = [*_status_speaks(exchange, mocked, problems)]
    said += [(each.rule.key, each.sentence) for each in broken]
    for rule, sentence in said:
        call = f"{exchange.method} {shortened(exchange.target)}"
        yield Contradiction(rule, exchange.place, f"{call} {sentence}")


def _as_received(mock: Mock, exchange: Exchange, *, bare: bool) -> Received:
    headers, body = exchange.headers, exchange.body or b""
    if headers is None:
        headers = (("content-type", "application/json"),) if body else ()
    kept = [(name, value) for name, value in headers if name not in _OURS]
    if not body.startswith(GZIP_MAGIC):  # many proxies record it inflated
        inflated = {("content-encoding", value) for value in GZIP}
        kept = [(name, value) for name, value in kept if (name, coding(value)) not in inflated]
    said = tuple(value for name, value in headers if name == "authorization")
    unknown = mock.tokens.check(said, mock.clock()).verdict == "unknown"
    if bare or exchange.headers is None or any(CUT in value for value in said):
        # the recording has no token, so use the one that contradicts the mock least
        said = {401: (), 403: (_UNKNOWN,)}.get(exchange.status, (_KNOWN,))
    elif unknown and exchange.status not in {401, 403}:
        said = (_KNOWN,)
    kept += [("authorization", value) for value in said]
    return received(exchange.method, exchange.target, kept, body)


def _status_speaks(
    exchange: Exchange, mocked: HttpAnswer, problems: Iterable[ProblemJson]
) -> Iterator[tuple[str, str]]:
    """Yield the rules by which the mock accepts or refuses a call that the API did not."""
    real, ours = exchange.status, mocked.status
    usual = success_rule(_path(exchange).removeprefix(PREFIX)).key
    broken: dict[str, ProblemJson] = {}
    for problem in problems:
        broken.setdefault(problem["rule"], problem)
    if real == 207 and ours == 400:
        yield "all-or-nothing", f"was answered {real}; the mock refuses all of it with {ours}."
    elif real < 300 <= ours:
        for rule, problem in broken.items():
            why = f"{problem['path']} {problem['message']}"
            yield rule, f"was answered {real}; the mock refuses it with {ours}: {why}"
    elif real == 429:
        yield "no-rate-limit", f"was answered 429; the mock answers {ours}."
    elif ours < 300 <= real:
        rule = _RULE_OF_STATUS.get(real, usual)
        yield rule, f"was refused with {real}; the mock accepts it with {ours}."
    elif real != ours and ours >= 400:
        rule = next(iter(broken))
        yield rule, f"was refused with {real}; the mock refuses it with {ours}."
    elif real != ours:
        yield usual, f"was answered {real}; the mock answers {ours}."


def _path(exchange: Exchange) -> str:
    return exchange.target.partition("?")[0]
