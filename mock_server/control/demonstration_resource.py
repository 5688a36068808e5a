"""Demonstration: `/_sandbox/demonstration`, a story of a few events, played in a mock of its own.

A request to `/_sandbox` with the token of a demonstration is answered by the demonstration's mock.
Nothing of it reaches the journal, the state, the ledger or the file of the server's own mock. Its
mock is in memory, and is closed at the end.
"""

import json
import secrets
import threading
from functools import cache
from typing import Final, NamedTuple, TypedDict

from mock_server.bounds import DEMONSTRATIONS
from mock_server.control.ledger_resource import taken_now
from mock_server.control.resource import NUMBER, Asked, BadQuery, resource
from mock_server.exchange import received
from mock_server.mock import Mock
from mock_server.segment.segment_choices import SegmentChoices
from mock_server.tenant_view import TenantView
from mock_server.toplyne.fault_reading import faults_of
from sandbox.segment.retry import Backoff
from sandbox.segment.toml_tables import toml_table
from sandbox.type_schemas import Whole
from sandbox.values import Json

_RETRY_SECONDS: Final = 4.0


class DemoStep(NamedTuple):
    """One step: its title, its caption, and an event, an upload, a fault or nothing."""

    title: str
    caption: str
    event: Json = None
    upload: dict[str, Json] | None = None
    fault: dict[str, Json] | None = None


@cache
def steps() -> tuple[DemoStep, ...]:
    """Return the steps of the story."""
    return tuple(DemoStep(**each) for each in toml_table(__package__, "demonstration")["step"])


class _Told(TypedDict):
    number: Whole
    total: Whole
    title: str
    caption: str


class _Started(_Told):
    token: str


class _Ended(TypedDict):
    ended: bool


class Demonstration(Mock):
    """One run of the story, identified by its token: the mock in which the story is played."""

    def __init__(self, within: Mock) -> None:
        """Start at the beginning, with the rules of the server's own mock.

        At most DEMONSTRATIONS run at once; one more ends the oldest.
        """
        backoff = Backoff(first_wait=_RETRY_SECONDS)
        choices = SegmentChoices(backoff=backoff, chance=lambda: 1.0, seconds_to_drain=0)
        super().__init__(rules=within.rules, segment=choices)
        self.token = secrets.token_urlsafe(24)
        self._played = 0
        self._playing = threading.Lock()
        self._beside = within.beside
        self._beside[self.token] = self
        while len(self._beside) > DEMONSTRATIONS:
            self._beside.pop(next(iter(self._beside))).close()

    def told(self) -> _Told:
        """Return the step that was played last, with its title and caption."""
        number, story = self._played, steps()
        title, caption, *_ = story[max(0, number - 1)]
        return {"number": number, "total": len(story), "title": title, "caption": caption}

    def play_next(self, after: int | None = None) -> _Told:
        """Play the next step, and return the step that was played last.

        Nothing is played after the last step, or if `after` is not the step played last.
        """
        with self._playing:
            if self._played < len(steps()) and after in {None, self._played}:
                self._play(steps()[self._played])
                self._played += 1
            return self.told()

    def _play(self, step: DemoStep) -> None:
        if step.event is not None:
            taken = taken_now(self.segment, step.event)
            self.segment.take(self.segment.workspace.sources[0], (taken,))
        if step.upload is not None:
            key = f"Bearer {self.secrets[self.default]}"
            headers = (("Authorization", key), ("Content-Type", "application/json"))
            body = json.dumps(step.upload["body"]).encode()
            self.answer(received("POST", str(step.upload["path"]), headers, body))
        if step.fault is not None:
            self.faults.add(TenantView.of(self).number, *faults_of(step.fault))

    def end(self) -> None:
        """End it and close its mock. Idempotent."""
        if self._beside.pop(self.token, None) is not None:
            self.close()


@resource("POST", "/demonstration", is_admins=True, status=201)
def start_demonstration(asked: Asked) -> _Started:
    """Start a demonstration in its own mock, and return its token, which opens nothing else."""
    if isinstance(asked.mock, Demonstration):
        raise BadQuery("This token belongs to a demonstration. End it before starting another.")
    started = Demonstration(asked.mock)
    return {"token": started.token, **started.told()}


@resource("GET", "/demonstration")
def demonstration(asked: Asked) -> _Told:
    """Return the step that was played last."""
    return _running(asked).told()


@resource("POST", "/demonstration/next", query={"after": NUMBER})
def next_step(asked: Asked) -> _Told:
    """Play the next step, and return its title and caption.

    With `after`, the number of the step that is shown, nothing is played if another step was played
    since. So two tabs that show the same demonstration do not play it twice as fast.
    """
    return _running(asked).play_next(asked.query.get("after"))


@resource("DELETE", "/demonstration")
def end_demonstration(asked: Asked) -> _Ended:
    """End the demonstration and delete everything in it."""
    _running(asked).end()
    return {"ended": True}


def _running(asked: Asked) -> Demonstration:
    if not isinstance(asked.mock, Demonstration):
        said = "This needs the token of a demonstration. Start one: POST /_sandbox/demonstration."
        raise BadQuery(said, 409)
    return asked.mock
