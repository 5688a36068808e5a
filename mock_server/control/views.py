"""Views of `/_sandbox`: a Flask blueprint of the resources declared in this folder."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response

from mock_server.control.resource import Asked, BadQuery, Resource, resources
from mock_server.exchange import Headers, HttpAnswer, Received
from mock_server.later import Answered
from mock_server.routes import CONTROL
from mock_server.segment.segment import Closed, QueueFull
from mock_server.store.journal_entry import SearchTooLong
from mock_server.store.tokens import WIRE_DETAILS
from mock_server.tenant_view import TenantView
from mock_server.toplyne import answers
from mock_server.toplyne.fault import InvalidFault
from mock_server.wsgi import is_left, response_of, view

if TYPE_CHECKING:
    from mock_server.mock import Mock

control = Blueprint("control", __name__, url_prefix=CONTROL)


def _answering(resource: Resource) -> Callable[..., Answered]:
    def answer(mock: Mock, received: Received, **parts: str) -> Answered:
        _, _, token = (received.header("authorization") or "").partition(" ")
        beside = mock.beside.get(token)  # such as a demonstration's mock
        tenant = TenantView.of(beside) if beside else _tenant(mock, received, resource)
        if isinstance(tenant, HttpAnswer):
            return tenant
        asked = Asked(tenant.mock, tenant, received, {}, is_left())
        if not (resource.is_open or resource.more_query):
            asked = asked.read(resource.query)
        return resource(asked, **parts)

    return answer


def _tenant(mock: Mock, received: Received, resource: Resource) -> TenantView | HttpAnswer:
    """Return the view of the token's tenant, without a token of the default one, or a refusal."""
    headers, admin = received.header_values("authorization"), mock.admin_token
    is_default = not headers if admin is None else _is_admin(headers, admin)
    if resource.is_open or is_default:
        return TenantView.of(mock)

    bearer = mock.tokens.check(headers, mock.clock())
    admins_only = admin is not None and resource.is_admins
    if bearer.token is None or admins_only:
        status = 403 if bearer.known else bearer.status
        said = bearer.sentence or "Only the admin token may do this."
        if status == 403:
            return answers.refusal(status, said)
        challenge: Headers = (("WWW-Authenticate", "Bearer"),)
        return answers.refusal(status, f"{said} {WIRE_DETAILS[status]}", headers=challenge)
    return TenantView.of(mock, bearer.token.name)


def _is_admin(headers: tuple[str, ...], admin_token: str) -> bool:
    scheme, _, said = (headers[0] if len(headers) == 1 else "").partition(" ")
    secret, known = (each.encode("latin-1", "replace") for each in (said.strip(" "), admin_token))
    return hmac.compare_digest(secret, known) and scheme.lower() == "bearer"


_REFUSED: Final[dict[type[Exception], Callable[[Any], tuple[int, str]]]] = {
    BadQuery: lambda error: (error.status, str(error)),
    InvalidFault: lambda error: (400, " ".join(f"{p.path} {p.message}" for p in error.problems)),
    SearchTooLong: lambda error: (413, str(error)),
    QueueFull: lambda _: (429, "Too many messages are queued already. Retry later."),
    Closed: lambda _: (503, "The server is being stopped."),
}
"""The status and message of the answer for each exception that a resource raises."""


def _refused(error: Exception) -> Response:
    return response_of(answers.refusal(*_REFUSED[type(error)](error)))


for kind in _REFUSED:
    control.register_error_handler(kind, _refused)
for each in resources():
    name, methods = each.function.__name__, [each.method]
    control.add_url_rule(each.path, name, view(_answering(each)), methods=methods)
