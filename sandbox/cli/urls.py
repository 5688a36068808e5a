"""URLs: where a command sends and with which key; other machines only with --allow-remote."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

from sandbox.cli.command import Command, flag, from_environment
from sandbox.loopback import is_loopback
from sandbox.toplyne import TOPLYNE

if TYPE_CHECKING:
    import httpx

API_KEY: Any = from_environment("The API token.", envvar="TOPLYNE_API_KEY")
ALLOW_REMOTE: Any = flag("Send to a host that is not this machine.")


class ApiCommand(Command):
    """A command that sends to a Toplyne-like URL, with a key."""

    url: str | None = from_environment(
        "The URL of Toplyne's API; it ends in /v1.", envvar="TOPLYNE_API_URL", metavar="URL"
    )
    api_key: str | None = API_KEY
    allow_remote: bool = ALLOW_REMOTE


def local_url(url: str | None, *, allow_remote: bool) -> str:
    """Return the URL to send to; raises UsageError if there is none, or a remote one."""
    if not url:
        raise click.UsageError(
            "no URL to send to: give --url or TOPLYNE_API_URL, for instance "
            "http://127.0.0.1:8020/v1. There is no default."
        )
    import httpx

    from sandbox.destination import check_base_url

    for problem in check_base_url(url):
        raise click.UsageError(f"the URL {problem.message}")
    host = httpx.URL(url).host
    if not is_loopback(host) and not allow_remote:
        declared = " (a dead company's domain)" if host == httpx.URL(TOPLYNE.base_url).host else ""
        raise click.UsageError(f"{host} is not this machine{declared}; allow it by --allow-remote.")
    return url


def needed_key(api_key: str | None) -> str:
    """Return the API key; raises UsageError if there is none."""
    if not api_key:
        raise click.UsageError(
            "no API key: give --api-key or TOPLYNE_API_KEY; `toplyne-sandbox serve` prints one."
        )
    return api_key


class MockCommand(Command):
    """A command that calls a running mock by its root or its API's URL."""

    mock: str = from_environment(
        "The root of a running mock, as `serve` prints it.",
        envvar="TOPLYNE_MOCK_URL",
        default="http://127.0.0.1:8020",
        metavar="URL",
    )
    token: str | None = None

    @cached_property
    def client(self) -> httpx.Client:
        """A client of the mock, closed when the command ends."""
        import httpx

        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        base_url = self.mock.removesuffix("/").removesuffix("/v1")
        opened = httpx.Client(base_url=base_url, headers=headers, trust_env=False, timeout=60)
        return click.get_current_context().with_resource(opened)

    def ask(self, path: str, *, method: str = "GET", **request: Any) -> Any:
        """Return the mock's answer for a path below /_sandbox; raises UsageError if it refuses."""
        import httpx

        try:
            answer = self.client.request(method, f"/_sandbox/{path}", **request)
            value = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise click.UsageError(
                f"no mock answers at {self.client.base_url} ({error}); start one with "
                "`toplyne-sandbox serve`, or name another with --mock."
            ) from None
        if not answer.is_success:
            details = value.get("error", {}).get("details") if isinstance(value, dict) else None
            raise click.UsageError(
                f"{self.client.base_url} answered {answer.status_code}: "
                f"{details or answer.text[:300]}"
            )
        return value
