"""`toplyne-sandbox openapi`: the OpenAPI document of the Toplyne API, derived."""

import json

import click

from sandbox.cli.command import RULES, Command
from sandbox.openapi import openapi
from sandbox.segment.definition import Rules
from sandbox.toplyne import TOPLYNE


class OpenapiCommand(Command):
    """Print the OpenAPI 3.1 document of the Toplyne API.

    Examples:
      toplyne-sandbox openapi > toplyne.json
    """

    rules: Rules = RULES

    def run(self) -> None:
        """Print the document."""
        click.echo(json.dumps(openapi(TOPLYNE, rules=self.rules), indent=2, ensure_ascii=False))
