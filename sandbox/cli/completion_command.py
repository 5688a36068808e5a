"""`toplyne-sandbox completion`: complete commands and options by Tab, in bash, zsh and fish."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePath

import click

from sandbox.cli import NAME, cli
from sandbox.cli.command import Command, argument, flag, usage_errors

_SHELLS = ("bash", "zsh", "fish")
_STARTS = {"bash": ".bashrc", "zsh": ".zshrc"}


class CompletionCommand(Command):
    """Print the completion script for SHELL (bash, zsh or fish; default: your shell).

    --install writes the script to a file. For bash and zsh it also adds a line that reads the file
    to ~/.bashrc or ~/.zshrc. A new shell then completes.

    Examples:
      toplyne-sandbox completion --install
      eval "$(toplyne-sandbox completion bash)"
    """

    shell: str | None = argument(required=False, type=click.Choice(_SHELLS))
    install: bool = flag("Write the script where the shell finds it.")

    def run(self) -> None:
        """Print the script, or write it where the shell finds it."""
        from click.shell_completion import get_completion_class

        named = self.shell or PurePath(os.environ.get("SHELL", "")).name
        kind = get_completion_class(named) if named in _SHELLS else None
        if kind is None:
            raise click.UsageError(f"your shell is {named!r}; name one of {', '.join(_SHELLS)}.")
        with usage_errors(RuntimeError):  # bash is too old
            script = kind(cli, {}, NAME, f"_{NAME.replace('-', '_').upper()}_COMPLETE").source()
        if not self.install:
            click.echo(script)
            return
        try:
            for file in _installed(named, script):
                click.echo(f"wrote {file}")
        except OSError as error:
            said = f"{error.filename} cannot be written: {error.strerror}."
            raise click.UsageError(said) from None
        click.echo(f"Open a new {named}, and Tab completes {NAME}.")


def _installed(shell: str, script: str) -> Iterator[Path]:
    """Write the script, and for bash and zsh add a line that reads it; yield the files."""
    home = Path.home()
    fish, other = f".config/fish/completions/{NAME}.fish", f".local/share/{NAME}/completion.{shell}"
    file = home / (fish if shell == "fish" else other)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(script, encoding="utf-8")
    yield file
    if shell in _STARTS:
        start, line = home / _STARTS[shell], f". {file}\n"
        known = start.read_text(encoding="utf-8") if start.exists() else ""
        if line not in known:
            start.write_text(f"{known.rstrip()}\n{line}".lstrip(), encoding="utf-8")
            yield start
