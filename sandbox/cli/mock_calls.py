"""Calls of the commands to a running mock: `token` and `recovery`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sandbox.cli.inputs import from_environment

if TYPE_CHECKING:
    import httpx


mock_option = from_environment(
    "--mock",
    envvar="TOPLYNE_MOCK_URL",
    default="http://127.0.0.1:8020",
    metavar="URL",
    help="The root of a running mock, as `serve` prints it.",
)


def open_mock(root: str, token: str | None) -> httpx.Client:
    """Return a client of the mock at `root`, which may also be given as the API's URL."""
    import httpx

    headers = {"Authorization": f"Bearer {token}"} if token else {}
    base_url = root.removesuffix("/").removesuffix("/v1")
    return httpx.Client(base_url=base_url, headers=headers, trust_env=False, timeout=60)


def ask_mock(client: httpx.Client, path: str, *, method: str = "GET", **request: Any) -> Any:
    """Return what the mock answers below /_sandbox; raises UsageError if it refuses."""
    import httpx

    try:
        answer = client.request(method, f"/_sandbox/{path}", **request)
        value = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise click.UsageError(
            f"no mock answers at {client.base_url} ({error}); start one with `toplyne-sandbox "
            "serve`; --mock names another."
        ) from None
    if not answer.is_success:
        details = value.get("error", {}).get("details") if isinstance(value, dict) else None
        raise click.UsageError(
            f"{client.base_url} answered {answer.status_code}: {details or answer.text[:300]}"
        )
    return value
