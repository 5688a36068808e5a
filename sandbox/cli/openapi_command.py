"""`toplyne-sandbox openapi`: the OpenAPI document of the Toplyne API, derived."""

from __future__ import annotations

import json

import click

from sandbox.cli.inputs import rules_option
from sandbox.openapi import openapi
from sandbox.segment.definition import Rules
from sandbox.toplyne import TOPLYNE


@click.command("openapi")
@rules_option
def command(rules: Rules) -> None:
    """Print the OpenAPI 3.1 document of the Toplyne API.

    Examples:
      toplyne-sandbox openapi > toplyne.json
    """
    click.echo(json.dumps(openapi(TOPLYNE, rules=rules), indent=2, ensure_ascii=False))
