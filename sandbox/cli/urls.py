"""URLs: where a command sends to, and with which key; never beyond this machine by accident."""

from __future__ import annotations

import click

from sandbox.cli.inputs import Command
from sandbox.destination import check_settings
from sandbox.loopback import is_loopback
from sandbox.toplyne import TOPLYNE


def remote_options(command: Command) -> Command:
    """Add the options --api-key and --allow-remote."""
    allowed = "Send to a host that is not this machine."
    command = click.option("--allow-remote", is_flag=True, help=allowed)(command)
    key = "The API token. [TOPLYNE_API_KEY]"
    return click.option("--api-key", envvar="TOPLYNE_API_KEY", help=key)(command)


def api_options(command: Command) -> Command:
    """Add the options --url, --api-key and --allow-remote."""
    url = "The API's URL, ends in /v1. [TOPLYNE_API_URL]"
    return click.option("--url", envvar="TOPLYNE_API_URL", help=url)(remote_options(command))


def local_url(url: str | None, *, allow_remote: bool) -> str:
    """Return the URL to send to; raises UsageError if there is none, or a remote one."""
    if not url:
        raise click.UsageError(
            "no URL to send to: give --url or TOPLYNE_API_URL, for instance "
            "http://127.0.0.1:8020/v1. There is no default."
        )
    if problems := check_settings("any", url):
        raise click.UsageError(f"the URL {problems[0].message}")
    import httpx

    host = httpx.URL(url).host
    if not is_loopback(host) and not allow_remote:
        declared = " (a dead company's domain)" if host == httpx.URL(TOPLYNE.base_url).host else ""
        raise click.UsageError(
            f"{host} is not this machine{declared}; --allow-remote sends there all the same."
        )
    return url


def needed_key(api_key: str | None) -> str:
    """Return the API key; raises UsageError if none is given."""
    if not api_key:
        raise click.UsageError(
            "no API key: give --api-key or TOPLYNE_API_KEY; `toplyne-sandbox serve` prints one."
        )
    return api_key
