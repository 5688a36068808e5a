"""Routes: the paths and methods of Toplyne's API, and the refusals of all others."""

from collections.abc import Iterable, Mapping
from os.path import commonprefix
from typing import Final, NamedTuple

from mock_server.exchange import Refusal, broken
from mock_server.masking import masked_path
from sandbox.segment.definition import Upload
from sandbox.segment.errors import did_you_mean
from sandbox.toplyne import TOPLYNE

PREFIX: Final = "/v1"
CONTROL: Final = "/_sandbox"
HEALTH: Final = f"{CONTROL}/health"


class Route(NamedTuple):
    """One path of the API: its methods and the upload it takes, None for `/auth/me`."""

    path: str
    methods: tuple[str, ...]
    upload: Upload | None = None

    @property
    def allow(self) -> str:
        """The methods as the header Allow lists them."""
        return ", ".join(self.methods)


_UPLOADS: Final = {PREFIX + upload.endpoint.path: upload for upload in TOPLYNE.uploads}
_AUTH: Final = Route(PREFIX + TOPLYNE.auth_path, ("GET", "HEAD", "OPTIONS"))
ROUTES: Final = {
    _AUTH.path: _AUTH,
    **{path: Route(path, ("POST", "OPTIONS"), upload) for path, upload in _UPLOADS.items()},
}


def find_route(method: str, path: str) -> Route | Refusal:
    """Return the route of a call, or a 404 that names the nearest path, or a 405 with Allow."""
    route = ROUTES.get(path)
    if route is None:
        return unknown_path(path, {each.path: each.methods[:1] for each in ROUTES.values()})
    return route if method in route.methods else wrong_method(method, path, route.allow)


def unknown_path(path: str, known: Mapping[str, Iterable[str]]) -> Refusal:
    """Return a 404 that names the nearest known path, or else all of them with their methods."""
    listed = ", ".join(f"{' and '.join(methods)} {path}" for path, methods in known.items())
    shared = len(commonprefix([path, *known]))  # noqa: RUF071 - alike in all, by character
    near = did_you_mean(path[shared:], [each[shared:] for each in known])
    near = near.replace("mean ", f"mean {path[:shared]}") or f" The paths are: {listed}."
    told = masked_path(path)[:200]
    message = f"There is no path {told}.{near}"
    unknown = broken("path-known", message, found=told, expected=listed)
    return Refusal(404, (unknown,), message)


def wrong_method(method: str, path: str, allow: str) -> Refusal:
    """Return a 405 with the methods a path has."""
    message = f"{masked_path(path)[:200]} does not allow {method[:20]}. Use {allow}."
    wrong = broken("method-allowed", message, found=method[:20], expected=allow)
    return Refusal(405, (wrong,), message, (("Allow", allow),))
