"""Authentication: the test Segment makes of a destination's settings when they are saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.delivery import Delivery, deliver
from sandbox.destination import is_header_text
from sandbox.masked_keys import masked
from sandbox.segment.javascript import Json
from sandbox.segment.payload import check_settings
from sandbox.segment.pipeline import Request
from sandbox.toplyne import TOPLYNE

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """The outcome: `error` is Segment's text, empty where the credentials are valid.

    `delivery` is the request with its answer, None where the settings let none be sent.
    """

    error: str
    delivery: Delivery | None = None

    @property
    def ok(self) -> bool:
        """Whether Segment would save the settings."""
        return not self.error


def check_authentication(
    settings: Json, *, base_url: str, client: httpx.Client | None = None
) -> Authentication:
    """Return what Segment's testAuthentication says of settings such as `{"apiKey": "…"}`.

    It asks `GET /auth/me` with the destination's headers. Any 2xx is valid; every other answer is
    `Credentials are invalid: 401 Unauthorized`, and none at all leaves the status out. Settings
    that are wrong in themselves are told as they are, and nothing is sent.
    """
    checked, problems = check_settings(TOPLYNE.settings, settings)
    if problems:
        return Authentication(error=" ".join(problem.message for problem in problems))
    api_key = checked[TOPLYNE.settings[0].key]
    illegal = next((c for c in api_key if not is_header_text(c)), None)
    if illegal is not None:  # Segment's own text quotes the key whole, which belongs in no log
        shown = f"Bearer {masked(api_key)} is not a legal HTTP header value"
        return Authentication(error=f"{shown}: the key holds {illegal!r}")

    request = Request(method="GET", path=TOPLYNE.auth_path, content=b"")
    delivery = deliver(request, api_key=api_key, base_url=base_url, client=client)
    status = "" if delivery.status is None else delivery.status
    error = "" if delivery.ok else f"Credentials are invalid: {status} {delivery.error}"
    return Authentication(error=error, delivery=delivery)
