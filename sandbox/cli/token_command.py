"""`toplyne-sandbox token`: the API tokens of a running mock, as on Toplyne's page."""

from __future__ import annotations

from urllib.parse import quote

import click

from sandbox.cli.inputs import from_environment, json_option
from sandbox.cli.mock_calls import ask_mock, mock_option, open_mock
from sandbox.cli.output import Screen, json_line, table
from sandbox.segment.javascript import Json

NEVER = "does not expire"


admin_option = from_environment(
    "--admin-token",
    envvar="TOPLYNE_ADMIN_TOKEN",
    help="What the mock asks for beyond loopback.",
)


@click.group("token")
def command() -> None:
    """Make, list and revoke the API tokens of a running mock; each name is a tenant of its own."""


@command.command("new")
@click.argument("name")
@click.option(
    "--expires",
    metavar="TIME",
    help="When it expires, like 2030-01-31T00:00:00Z; a past time makes an expired token.",
)
@mock_option
@admin_option
@json_option
def new(name: str, expires: str | None, mock: str, admin_token: str | None, as_json: bool) -> None:
    """Make a token of a new NAME and print it; it is shown this once only.

    Examples:
      toplyne-sandbox token new worker-1
      toplyne-sandbox token new expired --expires 2020-01-31T00:00:00Z
    """
    made = asked("POST", mock, admin_token, body={"name": name, "expires": expires})
    if as_json:
        json_line(made)
        return
    screen = Screen()
    screen.line((made["token"], "bold cyan"))
    screen.line((f"{made['name']}, {_expiry(made)}; copy it now, it is not shown again.", "dim"))


@command.command("list")
@mock_option
@admin_option
@json_option
def list_tokens(mock: str, admin_token: str | None, as_json: bool) -> None:
    """List the tokens, each by its name and last four characters.

    Examples:
      toplyne-sandbox token list --mock http://127.0.0.1:8020
    """
    tokens = asked("GET", mock, admin_token)["tokens"]
    if as_json:
        for token in tokens:
            json_line(token)
        return
    rows = ((t["name"], t["ending"], t["status"], _expiry(t)) for t in tokens)
    table(Screen(), ("Name", "Token", "Status", "Expires"), rows)


@command.command("revoke")
@click.argument("name")
@mock_option
@admin_option
@json_option
def revoke(name: str, mock: str, admin_token: str | None, as_json: bool) -> None:
    """Revoke the token of that NAME; what was received with it stays.

    Examples:
      toplyne-sandbox token revoke worker-1
    """
    answer = asked("DELETE", mock, admin_token, part=f"/{quote(name, safe='')}")
    json_line(answer) if as_json else Screen().line(f"{name} is revoked.")


def _expiry(token: dict[str, Json]) -> str:
    return f"expires {token['expires']}" if token["expires"] else NEVER


def asked(
    method: str, mock: str, admin_token: str | None, *, part: str = "", body: Json = None
) -> dict[str, Json]:
    """Return what the mock answers at /_sandbox/tokens; raises UsageError if it refuses."""
    with open_mock(mock, admin_token) as client:
        known: dict[str, Json] = ask_mock(client, f"tokens{part}", method=method, json=body)
        return known
