"""`toplyne-sandbox auth`: the test Segment makes of an API key."""

from __future__ import annotations

import click

from sandbox.authentication import check_authentication
from sandbox.cli.inputs import json_option
from sandbox.cli.output import json_line
from sandbox.cli.urls import api_options, local_url, needed_key
from sandbox.toplyne import TOPLYNE


@click.command("auth")
@api_options
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    url: str | None,
    api_key: str | None,
    allow_remote: bool,
    as_json: bool,
) -> None:
    """Test an API key as Segment does when a destination is saved: GET /auth/me."""
    settings = {TOPLYNE.settings[0].key: needed_key(api_key)}
    base_url = local_url(url, allow_remote=allow_remote)
    result = check_authentication(settings, base_url=base_url)
    if as_json:
        answer = result.delivery.json if result.delivery else None
        json_line({"valid": result.ok, "error": result.error or None, "answer": answer})
    else:
        click.echo(result.error or "Credentials are valid.")
    ctx.exit(0 if result.ok else 1)
