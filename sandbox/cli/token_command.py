"""`toplyne-sandbox token`: the API tokens of a running mock, as on Toplyne's page."""

from __future__ import annotations

from urllib.parse import quote

import click

from sandbox.cli.inputs import Command, json_option
from sandbox.cli.output import Screen, json_line, table
from sandbox.segment.javascript import Json

NEVER = "does not expire"


def mock_options(command: Command) -> Command:
    """Add the options --mock and --admin-token."""
    for option in (
        click.option(
            "--admin-token",
            envvar="TOPLYNE_ADMIN_TOKEN",
            help="What the mock asks for beyond loopback. [TOPLYNE_ADMIN_TOKEN]",
        ),
        click.option(
            "--mock",
            envvar="TOPLYNE_MOCK_URL",
            default="http://127.0.0.1:8020",
            show_default=True,
            metavar="URL",
            help="The mock's root, as `serve` prints it. [TOPLYNE_MOCK_URL]",
        ),
    ):
        command = option(command)
    return command


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
@mock_options
@json_option
def new(name: str, expires: str | None, mock: str, admin_token: str | None, as_json: bool) -> None:
    """Make a token of a new NAME and print it; it is shown this once only."""
    made = asked("POST", mock, admin_token, body={"name": name, "expires": expires})
    if as_json:
        json_line(made)
        return
    screen = Screen()
    screen.line((made["token"], "bold cyan"))
    screen.line((f"{made['name']}, {_expiry(made)}; copy it now, it is not shown again.", "dim"))


@command.command("list")
@mock_options
@json_option
def list_tokens(mock: str, admin_token: str | None, as_json: bool) -> None:
    """List the tokens, each by its name and last four characters."""
    tokens = asked("GET", mock, admin_token)["tokens"]
    if as_json:
        for token in tokens:
            json_line(token)
        return
    rows = ((t["name"], t["ending"], t["status"], _expiry(t)) for t in tokens)
    table(Screen(), ("Name", "Token", "Status", "Expires"), rows)


@command.command("revoke")
@click.argument("name")
@mock_options
@json_option
def revoke(name: str, mock: str, admin_token: str | None, as_json: bool) -> None:
    """Revoke the token of that NAME; what came with it stays."""
    answer = asked("DELETE", mock, admin_token, part=f"/{quote(name, safe='')}")
    json_line(answer) if as_json else Screen().line(f"{name} is revoked.")


def _expiry(token: dict[str, Json]) -> str:
    return f"expires {token['expires']}" if token["expires"] else NEVER


def asked(
    method: str, mock: str, admin_token: str | None, *, part: str = "", body: Json = None
) -> dict[str, Json]:
    """Return what the mock answers at /_sandbox/tokens; UsageError where it refuses."""
    import httpx

    headers = {"Authorization": f"Bearer {admin_token}"} if admin_token else {}
    url = f"{mock.rstrip('/')}/_sandbox/tokens{part}"
    try:
        answer = httpx.request(method, url, json=body, headers=headers, timeout=10, trust_env=False)
        value = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise click.UsageError(
            f"no mock answers at {mock} ({error}); start one with `toplyne-sandbox serve`, "
            "or give its root with --mock."
        ) from None
    if not answer.is_success:
        raise click.UsageError(str(value.get("error", {}).get("details") or answer.status_code))
    known: dict[str, Json] = value
    return known
