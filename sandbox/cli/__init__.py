"""The command line: `toplyne-sandbox`, one module a command, each imported on first use."""

import errno
import importlib
import os
import sys
from contextlib import suppress

import click

from sandbox.toplyne import TOPLYNE

COMMANDS = {
    "demo": "Send recorded events through the presets into the mock, and show it.",
    "serve": "Start the mock server.",
    "run": "Run a command, catch its calls to the real hosts, and report what happened to them.",
    "map": "Show the requests that events become.",
    "send": "Send events to a Toplyne-like URL, as Segment would.",
    "explain": "Explain why an event arrived or not, clause by clause, field by field.",
    "lint": "Find traps in the triggers and fields of a workspace.",
    "replay": "Report what the mappings would have done with an archive of events.",
    "check": "Check another mapper or server against the contract.",
    "auth": "Test an API key as Segment does.",
    "token": "Make, list or revoke the API tokens of a running mock.",
    "presets": "Show the presets.",
    "actions": "Show the actions and their fields.",
    "workspace": "Make, check, import or export a file of sources, destinations, mappings.",
    "recovery": "Report what happened to the events a client tried to send.",
    "drift": "Show the evidence for each rule, and what in a recording contradicts it.",
    "generate": "Print generated events; the same seed gives the same events.",
    "openapi": "Print the OpenAPI document of the Toplyne API.",
    "completion": "Let Tab complete commands and options in your shell.",
}
"""Every command with its line in `--help`, in the order in which people use them."""

NAME = "toplyne-sandbox"
INTERRUPTED = 130
"""The exit code after Ctrl-C, as a shell reports it of any command."""
_START = f"""\
Test what Segment's destination Toplyne Cloud Mode makes of your events.

  See it at work         {NAME} demo
  Point your SDK at it   {NAME} serve   prints a URL and a write key
  Write a test           def test_it(toplyne): ...   a fixture for pytest
  Why was it dropped?    {NAME} explain EVENTS.ndjson

{NAME} --help           all commands; COMMAND --help shows examples
{NAME} completion       lets Tab complete them
"""
_EQUALS = ", ".join(f"{name} {version}" for name, version in TOPLYNE.versions.items())
_USABLE_WITHOUT_OUTPUT = ("serve", "run")
_UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})


class LazyGroup(click.Group):
    """A group whose commands are modules of this package, imported when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and return the command its class declares."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"sandbox.cli.{cmd_name}_command")
        command: click.Command = getattr(module, f"{cmd_name.capitalize()}Command").build(cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first argument names; suggest a name for an unknown one."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            from sandbox.segment.errors import did_you_mean

            ctx.fail(f"No such command {name!r}.{did_you_mean(name, list(COMMANDS))}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; Ctrl-C ends it with a code that says so, not with 1 for a rejection."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise SystemExit(INTERRUPTED) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
)
@click.version_option(
    package_name=NAME,
    message=f"%(package)s %(version)s, equal to {_EQUALS}",
    help="Show the version, and the versions of Segment's runtime it equals.",
)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Test what Segment's destination "Toplyne Cloud Mode (Actions)" makes of your events."""
    if ctx.invoked_subcommand is None:
        click.echo(_START, nl=False)


def main() -> None:
    """Run the command line; messages go to stderr, and a closed pipe ends it quietly."""
    closed = _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if "stdout" in closed:
        click.echo("Standard output is closed, so nothing can be printed there.", err=True)
        if sys.argv[1:2] not in ([name] for name in _USABLE_WITHOUT_OUTPUT):
            raise SystemExit(2)
    try:
        try:
            cli(prog_name=NAME)
        finally:
            sys.stdout.flush()
    except OSError as error:
        if error.errno not in _UNWRITABLE or error.filename is not None:
            raise
        _discard_the_rest(1)
        with suppress(OSError):  # stderr may be the one that cannot be written
            click.echo(f"Standard output cannot be written: {error.strerror}.", err=True)
        raise SystemExit(2) from None
    finally:
        try:
            sys.stderr.flush()
        except OSError:
            _discard_the_rest(2)


def _discard_the_rest(number: int) -> None:
    """Lead a stream to /dev/null, as Python flushes it at exit and would exit with 120."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def _open_what_is_closed() -> list[str]:
    """Open /dev/null for each standard stream that is closed, as by `>&-`; return their names.

    Otherwise the next socket or file gets its number, and output is written there.
    """
    closed = []
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))
            closed.append(name)
    return closed
