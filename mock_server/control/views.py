"""Views of `/_sandbox`: a Flask blueprint of everything the modules of this folder declare."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Blueprint

from mock_server.control.resource import Asked, Resource, resources
from mock_server.exchange import Answer, Headers, Received
from mock_server.routes import CONTROL
from mock_server.store.tokens import STATUS, WIRE_DETAILS
from mock_server.tenant_view import TenantView
from mock_server.toplyne import answers
from mock_server.wsgi import Answered, is_left, view

if TYPE_CHECKING:
    from mock_server.parts import Parts

control = Blueprint("control", __name__, url_prefix=CONTROL)


def _answering(resource: Resource) -> Callable[..., Answered]:
    def answer(mock: Parts, received: Received, **parts: str) -> Answered:
        shown = _beside(mock, received)
        if shown is not None:
            mock = shown
        tenant = _tenant(mock, received, resource) if shown is None else TenantView.named(shown)
        if isinstance(tenant, Answer):
            return tenant
        query = resource.parameters(received)
        return resource(Asked(mock, tenant, received, query, is_left()), **parts)

    return answer


def _beside(mock: Parts, received: Received) -> Parts | None:
    """Return the mock beside the server's own whose token came, such as a demonstration's."""
    _, _, token = (received.header("authorization") or "").partition(" ")
    return mock.beside.get(token)


def _tenant(mock: Parts, received: Received, resource: Resource) -> TenantView | Answer:
    """Return whose view it is: the default tenant's without a token, else the token's own."""
    if resource.is_open:
        return TenantView.named(mock)
    headers = received.header_values("authorization")
    if mock.admin_token is not None and _is_admin(headers, mock.admin_token):
        return TenantView.named(mock)
    if not headers and mock.admin_token is None:
        return TenantView.named(mock)

    bearer = mock.tokens.check(headers, mock.clock())
    admins_only = mock.admin_token is not None and resource.is_admins
    if bearer.token is None or admins_only:
        status = 403 if bearer.known else STATUS.get(bearer.verdict, 403)
        challenge: Headers = (("WWW-Authenticate", "Bearer"),) if status == 401 else ()
        return answers.refusal(status, WIRE_DETAILS[status], headers=challenge)
    return TenantView.named(mock, bearer.token.name)


def _is_admin(headers: tuple[str, ...], admin_token: str) -> bool:
    said = headers[0].encode("latin-1", "replace") if len(headers) == 1 else b""
    return hmac.compare_digest(said, f"Bearer {admin_token}".encode("latin-1", "replace"))


for each in resources():
    control.add_url_rule(
        each.path,
        each.function.__name__,
        view(_answering(each)),
        methods=[each.method],
    )
