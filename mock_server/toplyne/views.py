"""Views: a Flask blueprint of Toplyne's API. All its routes are answered by the mock's `answer`."""

import time
from typing import Protocol

from flask import Blueprint

from mock_server.exchange import HttpAnswer, Received
from mock_server.routes import ROUTES
from mock_server.toplyne import answers
from mock_server.toplyne.faults import NEEDS_SOCKET
from mock_server.wsgi import view

toplyne = Blueprint("toplyne", __name__)


class AnsweringMock(Protocol):
    """What the views need of the mock."""

    def answer(self, received: Received) -> HttpAnswer:
        """Return the answer to a call."""


def call(mock: AnsweringMock, received: Received) -> HttpAnswer:
    """Return the answer to a call. The application has checked Host and Origin.

    A fault on the wire needs the socket, which a WSGI server does not hand out.
    """
    answer = mock.answer(received)
    if answer.delay:
        time.sleep(answer.delay)
    if answer.wire == "whole":
        return answer
    said = f"The fault {answer.wire!r} {NEEDS_SOCKET}"
    return answers.refusal(501, said, entry=answer.entry)


for route in ROUTES.values():
    toplyne.add_url_rule(route.path, route.path, view(call), methods=route.methods)
