"""Inspection: `/_sandbox/…`, where a test asks what came and sets the mock up."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from mock_server.control import (
    fault_resource,
    ledger_resource,
    questions,
    recovery_resource,
    workspace_resource,
)
from mock_server.control.query import BadQuery
from mock_server.control.questions import Asked
from mock_server.exchange import Answer, Headers, Received
from mock_server.store.tokens import STATUS, WIRE_DETAILS
from mock_server.tenant_view import TenantView, view_named
from mock_server.toplyne import answers
from sandbox.segment.errors import did_you_mean

if TYPE_CHECKING:
    from mock_server.parts import Parts

PREFIX: Final = "/_sandbox"
Handler: TypeAlias = Callable[[Asked], Answer]


def _later(module: str, name: str) -> Handler:
    """Return a handler whose module is loaded when it is first asked, as few ask for it."""

    def handler(asked: Asked) -> Answer:
        loaded = import_module(f"mock_server.control.{module}")
        return cast("Handler", getattr(loaded, name))(asked)

    return handler


ROUTES: Final[dict[str, dict[str, Handler]]] = {
    f"{PREFIX}/health": {"GET": questions.health},
    f"{PREFIX}/openapi.json": {"GET": questions.openapi},
    f"{PREFIX}/entries": {"GET": questions.entries},
    f"{PREFIX}/entries/…": {"GET": questions.entry},
    f"{PREFIX}/export": {"GET": questions.export},
    f"{PREFIX}/nearest": {"POST": questions.find_nearest},
    f"{PREFIX}/state/…": {"GET": questions.state},
    f"{PREFIX}/history/…": {"GET": _later("history_resource", "history_of")},
    f"{PREFIX}/ledger": {"GET": ledger_resource.ledger},
    f"{PREFIX}/ledger/…": {"GET": ledger_resource.ledger_part},
    f"{PREFIX}/flush": {"POST": ledger_resource.flush},
    f"{PREFIX}/wait": {"GET": questions.wait},
    f"{PREFIX}/reset": {"POST": questions.reset},
    f"{PREFIX}/faults": {
        "GET": fault_resource.faults,
        "POST": fault_resource.new_faults,
        "DELETE": fault_resource.no_faults,
    },
    f"{PREFIX}/workspace": {
        "GET": workspace_resource.workspace,
        "PUT": workspace_resource.new_workspace,
    },
    **{f"{PREFIX}/workspace/{part}": steps for part, steps in workspace_resource.STEPS.items()},
    f"{PREFIX}/draft": {"POST": _later("draft_resource", "draft")},
    f"{PREFIX}/recovery": {
        "GET": recovery_resource.recovery_of_ledger,
        "POST": recovery_resource.recovery_of_events,
    },
    f"{PREFIX}/live": {"GET": _later("live_resource", "live")},
    f"{PREFIX}/try": {
        "GET": _later("try_resource", "what_to_try"),
        "POST": _later("try_resource", "try_it"),
    },
    f"{PREFIX}/send": {"POST": _later("try_resource", "send_it")},
    f"{PREFIX}/tokens": {"GET": questions.tokens, "POST": questions.new_token},
    f"{PREFIX}/tokens/…": {"DELETE": questions.revoke_token},
}
LISTED: Final = ", ".join(f"{' and '.join(methods)} {path}" for path, methods in ROUTES.items())
_OPEN: Final = frozenset({f"{PREFIX}/health", f"{PREFIX}/openapi.json"})
_ADMINS: Final = (f"{PREFIX}/tokens", f"{PREFIX}/workspace")


def is_for(path: str) -> bool:
    """Tell whether a path is answered here."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def answer(mock: Parts, received: Received) -> Answer:
    """Return the answer to a question about the mock; raises StoreUnavailable."""
    found = _find(received.path)
    if found is None:
        near = did_you_mean(received.path, list(ROUTES))
        message = f"Nothing is at {received.path[:200]}.{near} There are: {LISTED}."
        return answers.refusal(404, message)
    methods, part = found
    method = "GET" if received.method == "HEAD" else received.method
    allow: Headers = (("Allow", ", ".join([*methods, "OPTIONS"])),)
    if method == "OPTIONS":
        return Answer(204, (*answers.HEADERS, *allow))
    if method not in methods:
        message = f"{received.path[:200]} has no {method[:20]}; use {allow[0][1]}."
        return answers.refusal(405, message, headers=allow)

    try:
        view = _view(mock, received)
        if isinstance(view, Answer):
            return view
        return methods[method](Asked(mock, view, received, part))
    except BadQuery as error:
        return answers.refusal(400, str(error))


def _find(path: str) -> tuple[dict[str, Handler], str] | None:
    if path in ROUTES:
        return ROUTES[path], ""
    parent, _, part = path.rpartition("/")
    known = ROUTES.get(f"{parent}/…")
    return (known, part) if known and part else None


def _view(mock: Parts, received: Received) -> TenantView | Answer:
    """Return whose view it is: the default tenant's without a token, else the token's own."""
    if received.path in _OPEN:
        return view_named(mock)
    headers = received.header_values("authorization")
    if mock.admin_token is not None and _is_admin(headers, mock.admin_token):
        return view_named(mock)
    if not headers and mock.admin_token is None:
        return view_named(mock)

    bearer = mock.tokens.check(headers, mock.clock())
    admins_only = mock.admin_token is not None and received.path.startswith(_ADMINS)
    if bearer.token is None or admins_only:
        status = 403 if admins_only and bearer.token else STATUS.get(bearer.verdict, 403)
        challenge: Headers = (("WWW-Authenticate", "Bearer"),) if status == 401 else ()
        return answers.refusal(status, WIRE_DETAILS[status], headers=challenge)
    return view_named(mock, bearer.token.name)


def _is_admin(headers: tuple[str, ...], admin_token: str) -> bool:
    said = headers[0].encode("latin-1", "replace") if len(headers) == 1 else b""
    return hmac.compare_digest(said, f"Bearer {admin_token}".encode("latin-1", "replace"))
