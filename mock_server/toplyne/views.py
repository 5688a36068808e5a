"""Views of Toplyne's API: a Flask blueprint of its routes, all answered by the mock's `answer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from mock_server.exchange import Answer, Received
from mock_server.routes import ROUTES
from mock_server.wsgi import view

if TYPE_CHECKING:
    from mock_server.parts import Parts

toplyne = Blueprint("toplyne", __name__)


def call(mock: Parts, received: Received) -> Answer:
    """Return the answer to one call; the application has looked at Host and Origin."""
    return mock.answer(received, is_guarded=False)


for route in ROUTES.values():
    toplyne.add_url_rule(route.path, route.path, view(call), methods=route.methods)
