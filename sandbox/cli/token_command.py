"""`toplyne-sandbox token`: manage the API tokens of a running mock, as on Toplyne's page."""

from typing import Any
from urllib.parse import quote

from sandbox.cli.command import Command, JsonCommand, argument, from_environment, option
from sandbox.cli.urls import MockCommand
from sandbox.values import Json


class TokenCommand(Command):
    """Make, list and revoke the API tokens of a running mock; each name is its own tenant."""


class _AdminCommand(MockCommand, JsonCommand):
    token: str | None = from_environment(
        "Admin token, needed beyond loopback.", "--admin-token", envvar="TOPLYNE_ADMIN_TOKEN"
    )


_NAME: Any = argument()


class TokenNewCommand(_AdminCommand, of=TokenCommand):
    """Make a token with a new NAME and print it; it is shown only once.

    Examples:
      toplyne-sandbox token new worker-1
      toplyne-sandbox token new expired --expires 2020-01-31T00:00:00Z
    """

    name: str = _NAME
    expires: str | None = option(
        "When it expires, like 2030-01-31T00:00:00Z; a past time makes an expired token.",
        metavar="TIME",
    )

    def run(self) -> None:
        """Make the token and show it."""
        body = {"name": self.name, "expires": self.expires}
        made = self.ask("tokens", method="POST", json=body)
        self.screen.record(made)
        self.screen.line((made["token"], "bold cyan"))
        said = f"{made['name']}, {_expiry(made)}; copy it now, it will not be shown again."
        self.screen.line((said, "dim"))


class TokenListCommand(_AdminCommand, of=TokenCommand):
    """List the tokens, each by its name and last four characters.

    Examples:
      toplyne-sandbox token list --mock http://127.0.0.1:8020
    """

    def run(self) -> None:
        """Show the tokens."""
        tokens = self.ask("tokens")["tokens"]
        for token in tokens:
            self.screen.record(token)
        rows = ((t["name"], t["ending"], t["status"], _expiry(t)) for t in tokens)
        self.screen.table(("Name", "Token", "Status", "Expires"), rows)


class TokenRevokeCommand(_AdminCommand, of=TokenCommand):
    """Revoke the token with this NAME; what was received with it stays.

    Examples:
      toplyne-sandbox token revoke worker-1
    """

    name: str = _NAME

    def run(self) -> None:
        """Revoke the token."""
        self.screen.record(self.ask(f"tokens/{quote(self.name, safe='')}", method="DELETE"))
        self.screen.line(f"{self.name} is revoked.")


def _expiry(token: dict[str, Json]) -> str:
    return f"expires {token['expires']}" if token["expires"] else "does not expire"
