"""`toplyne-sandbox openapi`: the OpenAPI document of the Toplyne API, derived."""

import json

import click

from sandbox.cli.options import RULES, Options, to_command
from sandbox.openapi import openapi
from sandbox.segment.definition import Rules
from sandbox.toplyne import TOPLYNE


class OpenapiOptions(Options):
    """Of which rules the document is."""

    rules: Rules = RULES


@to_command("openapi", OpenapiOptions)
def command(given: OpenapiOptions) -> None:
    """Print the OpenAPI 3.1 document of the Toplyne API.

    Examples:
      toplyne-sandbox openapi > toplyne.json
    """
    click.echo(json.dumps(openapi(TOPLYNE, rules=given.rules), indent=2, ensure_ascii=False))
