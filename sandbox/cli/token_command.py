"""`toplyne-sandbox token`: the API tokens of a running mock, as on Toplyne's page."""

from urllib.parse import quote

import click

from sandbox.cli.options import JSON, Options, argument, from_environment, option, to_command
from sandbox.cli.urls import MOCK, ask_mock, open_mock
from sandbox.segment.javascript import Json


class TokenOptions(Options):
    """Which mock is asked, and how it is answered."""

    mock: str = MOCK
    admin_token: str | None = from_environment(
        "What the mock asks for beyond loopback.", envvar="TOPLYNE_ADMIN_TOKEN"
    )
    as_json: bool = JSON

    def ask(self, method: str, part: str = "", body: Json = None) -> dict[str, Json]:
        """Return what the mock answers at /_sandbox/tokens; raises UsageError if it refuses."""
        with open_mock(self.mock, self.admin_token) as client:
            known: dict[str, Json] = ask_mock(client, f"tokens{part}", method=method, json=body)
            return known


class NamedOptions(Options):
    """The name of a token."""

    name: str = argument()


class ExpiringOptions(NamedOptions):
    """The name of a token and its end."""

    expires: str | None = option(
        "When it expires, like 2030-01-31T00:00:00Z; a past time makes an expired token.",
        metavar="TIME",
    )


class NewOptions(TokenOptions, ExpiringOptions):
    """Which token is made."""


class RevokeOptions(TokenOptions, NamedOptions):
    """Which token is revoked."""


@click.group("token")
def command() -> None:
    """Make, list and revoke the API tokens of a running mock; each name is a tenant of its own."""


@to_command("new", NewOptions, of=command)
def new(given: NewOptions) -> None:
    """Make a token of a new NAME and print it; it is shown this once only.

    Examples:
      toplyne-sandbox token new worker-1
      toplyne-sandbox token new expired --expires 2020-01-31T00:00:00Z
    """
    made = given.ask("POST", body={"name": given.name, "expires": given.expires})
    given.screen.record(made)
    given.screen.line((made["token"], "bold cyan"))
    given.screen.line(
        (f"{made['name']}, {_expiry(made)}; copy it now, it is not shown again.", "dim")
    )


@to_command("list", TokenOptions, of=command)
def list_tokens(given: TokenOptions) -> None:
    """List the tokens, each by its name and last four characters.

    Examples:
      toplyne-sandbox token list --mock http://127.0.0.1:8020
    """
    tokens = given.ask("GET")["tokens"]
    for token in tokens:
        given.screen.record(token)
    rows = ((t["name"], t["ending"], t["status"], _expiry(t)) for t in tokens)
    given.screen.table(("Name", "Token", "Status", "Expires"), rows)


@to_command("revoke", RevokeOptions, of=command)
def revoke(given: RevokeOptions) -> None:
    """Revoke the token of that NAME; what was received with it stays.

    Examples:
      toplyne-sandbox token revoke worker-1
    """
    answer = given.ask("DELETE", f"/{quote(given.name, safe='')}")
    given.screen.record(answer)
    given.screen.line(f"{given.name} is revoked.")


def _expiry(token: dict[str, Json]) -> str:
    return f"expires {token['expires']}" if token["expires"] else "does not expire"
