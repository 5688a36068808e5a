"""Demonstration: `/_sandbox/demonstration`, started, played on and ended.

Whoever asks anything of `/_sandbox` with the token of a demonstration is answered out of its mock.
"""

from mock_server.control.demonstration import Demonstration
from mock_server.control.query import BadQuery, number_of
from mock_server.control.resource import Asked, resource, shown
from mock_server.exchange import Answer


@resource("POST", "/demonstration", is_admins=True)
def start_demonstration(asked: Asked) -> Answer:
    """Start a demonstration in a mock of its own; answer its token, which opens nothing else."""
    if isinstance(asked.mock, Demonstration):
        raise BadQuery("This token is a demonstration's: end that one before starting another.")
    started = Demonstration(asked.mock)
    return shown({"token": started.token, **started.told()}, 201)


@resource("GET", "/demonstration")
def demonstration(asked: Asked) -> Answer:
    """Answer which step was played last."""
    return shown(_running(asked).told())


@resource("POST", "/demonstration/next", query=["after"])
def next_step(asked: Asked) -> Answer:
    """Play the next step, and answer its title and caption.

    With `after`, the number of the step that was shown, nothing happens if another one was played
    since: two tabs that show one story play it at the pace of one.
    """
    after = asked.query.get("after")
    return shown(_running(asked).play_next(None if after is None else number_of(after)))


@resource("DELETE", "/demonstration")
def end_demonstration(asked: Asked) -> Answer:
    """End the demonstration; nothing of it is left."""
    _running(asked).end()
    return shown({"ended": True})


def _running(asked: Asked) -> Demonstration:
    if not isinstance(asked.mock, Demonstration):
        raise BadQuery(
            "This needs the token of a demonstration, which POST /_sandbox/demonstration gives."
        )
    return asked.mock
