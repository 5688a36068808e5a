"""App: the mock as a Flask application, which any WSGI server can run.

Every path is a route of one of the four blueprints. This module has what they share: the check of
Host and Origin, and the answers to requests that no view answers.
"""

import threading
from typing import Any, Final

from flask import Flask, Response, current_app, request
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from mock_server.control.views import control
from mock_server.exchange import HttpAnswer, Received, Refusal, broken
from mock_server.guard import is_to_this_machine
from mock_server.later import TooManyWaiting
from mock_server.mock import Mock
from mock_server.pages.views import missing, pages
from mock_server.refusal_forms import SEGMENT, TOPLYNE, RefusalForm, form_of, refused
from mock_server.routes import CONTROL, HEALTH, unknown_path, wrong_method
from mock_server.segment.views import segment
from mock_server.store.database import StoreUnavailable
from mock_server.toplyne import answers
from mock_server.toplyne.views import call, toplyne
from mock_server.wsgi import EXTENSION, IN_PROCESS, by_target, current_mock, received, response_of
from sandbox.toplyne import TOPLYNE as DECLARED

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_MOST: Final = DECLARED.max_body
_MAKING: Final = threading.Lock()


class _Client(FlaskClient):
    """Flask's test client. Its requests are made in process, so their Host is not checked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.environ_base = {**self.environ_base, IN_PROCESS: "yes"}


def create_app(mock: Mock | None = None, **choices: Any) -> Flask:
    """Return the Flask application of a mock. The mock is in `app.extensions["mock"]`.

    Without `mock`, a new one is made with `choices`, the arguments of `Mock`: `tokens`, `rules`,
    `db` and so on.
    """
    known = mock or Mock(reaches_socket=False, **choices)
    with _MAKING:  # Python 3.11 cannot compile routes in several threads at once
        app = Flask(__name__, static_folder=None)
        app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
        app.url_map.merge_slashes = False
        app.jinja_env.policies["json.dumps_kwargs"] = {"sort_keys": False}
        app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
        app.test_client_class = _Client
        app.extensions[EXTENSION] = known
        for blueprint in (toplyne, segment, control, pages):
            app.register_blueprint(blueprint)
        app.before_request(_guard)
        app.register_error_handler(Exception, _failed)
        app.url_map.update()
        app.wsgi_app = by_target(app.wsgi_app)  # type: ignore[assignment, method-assign]
    return app


def _guard() -> Response | None:
    """Refuse a request with a foreign Host or Origin, unless it was made in process."""
    came = received()
    if not came.path:  # the prefix alone
        return response_of(HttpAnswer(308, (("Location", f"{request.script_root}/"),)))
    if came.path.startswith("//"):  # routing would join the slashes
        raise NotFound
    form = form_of(came.path)
    if not request.environ.get(IN_PROCESS):
        guard, is_health = current_mock().guard, came.path == HEALTH
        foreign = guard.refusal(came, any_origin=form.any_origin, any_host=is_health)
        if foreign is not None:
            return _refused(came, Refusal(403, (foreign,), foreign.message))
    if len(came.body) > _MOST and form not in {TOPLYNE, SEGMENT}:  # they refuse it themselves
        message = f"The body is longer than {_MOST} bytes."
        large = broken("body-size", message, found=f"over {_MOST}", expected=f"at most {_MOST}")
        return _refused(came, Refusal(413, (large,), message))
    return None


def _refused(came: Received, refusal: Refusal) -> Response:
    return response_of(refused(current_mock().api, came, refusal))


def _failed(error: Exception) -> Response:
    """Answer a request whose view raised, or that has no view."""
    came = received()
    form = form_of(came.path)
    match error:
        case HTTPException():
            return _unrouted(form, came, error)
        case TooManyWaiting():
            return response_of(form.answer(Refusal(503, (), f"{error}.", (("Retry-After", "1"),))))
        case StoreUnavailable():
            return response_of(answers.unavailable(error))
    answers.show_bug(came)
    return response_of(form.answer(Refusal(500, (), "")))


def _unrouted(form: RefusalForm, came: Received, error: HTTPException) -> Response:
    """Refuse an unknown path, a method the path does not have, or a request Flask cannot read."""
    if isinstance(error, NotFound) and _is_browsers(came):
        return missing(came.path)
    if isinstance(error, NotFound | MethodNotAllowed) and form is TOPLYNE:
        return response_of(call(current_mock(), came))  # it checks the token first
    if isinstance(error, NotFound):
        return _refused(came, unknown_path(came.path, _paths(form)))
    if isinstance(error, MethodNotAllowed):
        return _wrong_method(came, error)
    said = error.description or ""
    unread = broken("request-readable", said, found="the request", expected="HTTP")
    return _refused(came, Refusal(error.code or 400, (unread,), said))


def _is_browsers(came: Received) -> bool:
    """Return whether a browser navigates to the path, so that a page is the right answer.

    Accept alone is not enough: java.net.HttpURLConnection sends text/html by default to any API.
    It sends none of the headers of a navigation, and calls the API by the API's own Host.
    """
    navigates = "navigate" in came.header_values("sec-fetch-mode") or "1" in came.header_values(
        "upgrade-insecure-requests"
    )
    return (
        came.method == "GET"
        and (navigates or (is_to_this_machine(came) and not came.query))
        and not came.path.startswith(f"{CONTROL}/")
        and "text/html" in (came.header("accept") or "")
        and came.header("authorization") is None
    )


def _wrong_method(came: Received, error: MethodNotAllowed) -> Response:
    methods = {*(error.valid_methods or ()), "OPTIONS"}
    allow = ", ".join(method for method in _METHODS if method in methods)
    if came.method == "OPTIONS":
        return response_of(HttpAnswer(204, (*answers.HEADERS, ("Allow", allow))))
    return _refused(came, wrong_method(came.method, came.path, allow))


def _paths(form: RefusalForm) -> dict[str, list[str]]:
    """Return the paths that the 404 of a form lists, with their methods."""
    found: dict[str, list[str]] = {}
    for name in form.lists:
        for rule in current_app.url_map.iter_rules():
            is_short = len(rule.rule.rpartition("/")[2]) == 1  # as /v1/t, beside /v1/track
            if rule.endpoint.partition(".")[0] == name and not is_short:
                methods = set(rule.methods or ()) - {"HEAD", "OPTIONS"}
                found.setdefault(rule.rule, []).extend(m for m in _METHODS if m in methods)
    return found
