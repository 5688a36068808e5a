"""Reference: the mock as the one that knows what is right for a call, to check other servers by."""

from typing import Final, Self

from mock_server.exchange import received
from mock_server.mock import Mock
from mock_server.routes import PREFIX
from sandbox.check.http_calls import KEY, BrokenBy, Call, Expected, Told
from sandbox.segment.definition import Rules
from sandbox.segment.javascript import Json

_TENANT: Final = "checked"
_TOKEN: Final = "tok_of_the_reference"  # noqa: S105 - of mocks that only live here


class MockReference:
    """The right answers, under some rules and as documented; a context manager."""

    def __init__(self, rules: Rules) -> None:
        """Make a mock for the rules, and one for the documented ones where those are others."""
        self._mock = Mock(tokens={_TENANT: _TOKEN}, rules=rules)
        documented = Mock(tokens={_TENANT: _TOKEN}) if rules != "documented" else self._mock
        self._documented = documented

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._mock.close()
        if self._documented is not self._mock:
            self._documented.close()

    def expect(self, call: Call) -> Expected:
        """Return what is right for the call."""
        return _expected(self._mock, call)

    def expect_documented(self, call: Call) -> Expected:
        """Return what is right for the call as documented."""
        return _expected(self._documented, call)

    def state(self, kind: str) -> list[dict[str, Json]]:
        """Return what the calls so far made known."""
        return self._mock.view().items(kind)

    def forget(self) -> None:
        """Forget the calls so far."""
        for mock in {self._mock, self._documented}:
            mock.view().reset()


def _expected(mock: Mock, call: Call) -> Expected:
    headers = [*call.headers]
    if call.authorization is not None:
        headers.append(("Authorization", call.authorization.replace(KEY, _TOKEN)))
    answer = mock.answer(received(call.method, PREFIX + call.path, headers, call.body))
    entry = mock.journal.entry(mock.view().view, answer.entry or 0)
    problems = entry.problems if entry is not None else ()
    lower = tuple((name.lower(), value) for name, value in answer.headers)
    return Expected(
        Told(answer.status, lower, answer.body),
        tuple(BrokenBy(p["rule"], p["path"], p["message"]) for p in problems),
    )
