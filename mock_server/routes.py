"""Routes: which paths and methods Toplyne's API has, and what is said of any other."""

from dataclasses import dataclass
from typing import Final

from mock_server.refusal import Refusal, broken
from sandbox.segment.definition import Upload
from sandbox.segment.errors import did_you_mean
from sandbox.toplyne import TOPLYNE

PREFIX: Final = "/v1"
CONTROL: Final = "/_sandbox"
HEALTH: Final = f"{CONTROL}/health"


@dataclass(frozen=True, slots=True)
class Route:
    """One path of the API: its methods and the upload it takes, None for `/auth/me`."""

    path: str
    methods: tuple[str, ...]
    upload: Upload | None = None

    @property
    def allow(self) -> str:
        """The methods as the header Allow lists them."""
        return ", ".join(self.methods)


ROUTES: Final[dict[str, Route]] = {
    route.path: route
    for route in (
        Route(PREFIX + TOPLYNE.auth_path, ("GET", "HEAD", "OPTIONS")),
        *(
            Route(PREFIX + upload.endpoint.path, ("POST", "OPTIONS"), upload)
            for upload in TOPLYNE.uploads
        ),
    )
}
LISTED: Final = ", ".join(f"{route.methods[0]} {route.path}" for route in ROUTES.values())


def find_route(method: str, path: str) -> Route | Refusal:
    """Return the route of a call, or a 404 that lists what exists, or a 405 with Allow."""
    route = ROUTES.get(path)
    if route is None:
        near = did_you_mean(path, list(ROUTES))
        message = f"Nothing is at {path[:200]}.{near} There are: {LISTED}."
        unknown = broken("path-known", message, found=path[:200], expected=LISTED)
        return Refusal(404, (unknown,), message)
    if method not in route.methods:
        message = f"{path} has no {method[:20]}; use {route.allow}."
        wrong = broken("method-allowed", message, found=method[:20], expected=route.allow)
        return Refusal(405, (wrong,), message, (("Allow", route.allow),))
    return route
