"""Reference: the mock as the one that knows what is right for a call, to check other servers by."""

from typing import Final, Self

from mock_server.exchange import Answer, Received, received
from mock_server.mock import Mock
from mock_server.routes import PREFIX
from sandbox.check.http_calls import KEY, BrokenBy, Call, Expected, Told
from sandbox.segment.definition import Rules
from sandbox.segment.javascript import Json
from sandbox.values import ProblemJson

_TENANT: Final = "checked"
_TOKEN: Final = "tok_of_the_reference"  # noqa: S105 - of mocks that only live here


class MockReference:
    """The right answers, under some rules and as documented; a context manager."""

    def __init__(self, rules: Rules) -> None:
        """Make a mock for the rules, and one for the documented ones where those are others."""
        words: set[Rules] = {rules, "documented"}
        self._mocks = {word: Mock(tokens={_TENANT: _TOKEN}, rules=word) for word in words}
        self._rules = rules

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for mock in self._mocks.values():
            mock.close()

    def expect(self, call: Call) -> Expected:
        """Return what is right for the call, and by which rule alone it would not be."""
        right = _expected(self._mocks[self._rules], call)
        if not right.accepted or self._rules == "documented":
            return right
        documented = _expected(self._mocks["documented"], call)
        return right._replace(stricter=documented.broken[0].rule if documented.broken else "")

    def state(self, kind: str) -> list[dict[str, Json]]:
        """Return what the calls so far made known."""
        return self._mocks[self._rules].view().items(kind)

    def forget(self) -> None:
        """Forget the calls so far."""
        for mock in self._mocks.values():
            mock.view().reset()


def _expected(mock: Mock, call: Call) -> Expected:
    headers = [*call.headers]
    if call.authorization is not None:
        headers.append(("Authorization", call.authorization.replace(KEY, _TOKEN)))
    asked = received(call.method, PREFIX + call.path, headers, call.body)
    answer, problems = answered(mock, asked)
    lower = tuple((name.lower(), value) for name, value in answer.headers)
    return Expected(
        Told(answer.status, lower, answer.body),
        tuple(BrokenBy(p["rule"], p["path"], p["message"]) for p in problems),
    )


def answered(mock: Mock, asked: Received) -> tuple[Answer, tuple[ProblemJson, ...]]:
    """Return a mock's answer to a call and the rules the call breaks."""
    answer = mock.answer(asked)
    # what nobody's token sent is shown with the default tenant
    entry = mock.journal.entry(mock.view_of(), answer.entry or 0)
    return answer, entry.problems if entry is not None else ()
