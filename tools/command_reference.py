"""Command reference: every command with its options and examples, and the variables they read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import click

from sandbox.cli import COMMANDS, NAME, cli
from tools.markdown_tables import code, table

_KINDS: Final = {"filename": "FILE", "integer range": "N", "integer": "N", "float range": "N"}


def commands_page() -> str:
    """Return a section for each command, after a table of them all."""
    rows = ((f"[{name}](#{name})", line) for name, line in COMMANDS.items())
    overview = table(("Command", "What it does"), rows)
    sections = (_section(command, path) for path, command in walk(cli))
    return "\n\n".join([overview, *sections])


def walk(command: click.Command, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield the commands below one, each with its name as it is typed, `token new`."""
    if path:
        yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(context := click.Context(command)):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from walk(inner, f"{path} {name}".strip())


def examples_of(command: click.Command) -> list[str]:
    """Return the command lines that a command's help shows."""
    _, _, block = (command.help or "").partition("Examples:\n")
    return [line.strip() for line in block.splitlines() if line.strip()]


def variables_table() -> str:
    """Return the environment variables that options read: by which commands, and for what."""
    read: dict[str, tuple[list[str], str]] = {}
    for path, command in walk(cli):
        for option in _options(command):
            if option.envvar:
                read.setdefault(str(option.envvar), ([], option.help or ""))[0].append(path)
    rows = (
        (code(name), ", ".join(map(code, commands)), said)
        for name, (commands, said) in read.items()
    )
    return table(("Variable", "Read by", "What it is"), rows)


def _section(command: click.Command, path: str) -> str:
    context = click.Context(command, info_name=f"{NAME} {path}", help_option_names=[])
    said = (command.help or "").partition("Examples:\n")[0].replace("\b", "")
    usage = command.get_usage(context).removeprefix("Usage: ")
    parts = [f"## {path}", _paragraphs(said), f"```text\n{' '.join(usage.split())}\n```"]
    rows = [
        (
            ", ".join(map(code, _names(option))),
            _default(option),
            _variable(option),
            option.help or "",
        )
        for option in _options(command)
    ]
    if rows:
        parts.append(table(("Option", "Default", "Variable", "What it does"), rows))
    if examples := examples_of(command):
        parts.append("```text\n" + "\n".join(examples) + "\n```")
    return "\n\n".join(parts)


def _paragraphs(text: str) -> str:
    paragraphs = (" ".join(part.split()) for part in text.split("\n\n"))
    return "\n\n".join(part for part in paragraphs if part)


def _options(command: click.Command) -> list[click.Option]:
    return [each for each in command.params if isinstance(each, click.Option) and not each.hidden]


def _names(option: click.Option) -> list[str]:
    if option.is_flag:
        return list(option.opts)
    choices = "|".join(getattr(option.type, "choices", ()))
    what = option.metavar or choices or _KINDS.get(option.type.name, option.type.name.upper())
    return [f"{name} {what}" for name in option.opts]


def _default(option: click.Option) -> str:
    default = option.to_info_dict()["default"]
    if option.multiple:
        return "several may be given"
    return "" if option.is_flag or default is None else code(str(default))


def _variable(option: click.Option) -> str:
    return code(str(option.envvar)) if option.envvar else ""
