"""URLs: where a command sends to, and with which key; never beyond this machine by accident."""

from __future__ import annotations

import click

from sandbox.cli.inputs import Command, flag, from_environment
from sandbox.destination import check_settings
from sandbox.loopback import is_loopback
from sandbox.toplyne import TOPLYNE


def remote_options(command: Command) -> Command:
    """Add the options --api-key and --allow-remote."""
    command = flag("--allow-remote", help="Send to a host that is not this machine.")(command)
    add = from_environment("--api-key", envvar="TOPLYNE_API_KEY", help="The API token.")
    decorated: Command = add(command)
    return decorated


def api_options(command: Command) -> Command:
    """Add the options --url, --api-key and --allow-remote."""
    url = "The URL of Toplyne's API, ends in /v1."
    add = from_environment("--url", envvar="TOPLYNE_API_URL", metavar="URL", help=url)
    decorated: Command = add(remote_options(command))
    return decorated


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
