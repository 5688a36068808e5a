"""`toplyne-sandbox auth`: the test Segment makes of an API key."""

from __future__ import annotations

from urllib.parse import urlsplit

import click

from sandbox.authentication import check_authentication
from sandbox.cli.inputs import json_option
from sandbox.cli.output import complain, json_line
from sandbox.cli.urls import api_options, local_url, needed_key
from sandbox.delivery import Delivery
from sandbox.toplyne import TOPLYNE


@click.command("auth")
@api_options
@json_option
def command(
    url: str | None,
    api_key: str | None,
    allow_remote: bool,
    as_json: bool,
) -> None:
    """Test an API key as Segment does when a destination is saved: GET /auth/me.

    Examples:
      toplyne-sandbox auth --url http://127.0.0.1:8020/v1 --api-key TOKEN
    """
    settings = {TOPLYNE.settings[0].key: needed_key(api_key)}
    base_url = local_url(url, allow_remote=allow_remote)
    result = check_authentication(settings, base_url=base_url)
    hint = "" if result.ok else _hint(base_url, result.delivery)
    if as_json:
        answer = result.delivery.json if result.delivery else None
        told = {"valid": result.ok, "error": result.error or None, "answer": answer}
        json_line({**told, "hint": hint or None})
    else:
        click.echo(result.error or "Credentials are valid.")
        if hint:
            complain(hint)
    raise SystemExit(0 if result.ok else 1)


def _hint(base_url: str, delivery: Delivery | None) -> str:
    """Return what is odd about the URL, beside what Segment says."""
    root = urlsplit(base_url)
    if delivery is not None and delivery.status is None:
        return (
            f"No server answers at {root.netloc}. `toplyne-sandbox serve` starts a mock and prints"
            " its URL."
        )
    wanted = urlsplit(TOPLYNE.base_url).path
    if root.path.rstrip("/") != wanted:
        return (
            f"The URL of Toplyne's API ends in {wanted}: {root.scheme}://{root.netloc}{wanted}"
            f" rather than {base_url}."
        )
    return ""
