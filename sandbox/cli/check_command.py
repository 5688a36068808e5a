"""`toplyne-sandbox check`: hold somebody else's mapper or server against the contract."""

from __future__ import annotations

import click

from sandbox.cli.check_runs import CheckOptions, check_options, run
from sandbox.cli.inputs import flag
from sandbox.cli.urls import local_url, needed_key, remote_options


@click.group("check", invoke_without_command=True)
@flag("--replay", help="Try the saved failures again, each as it was found.")
@flag("--trust", help="Run the commands that the saved failures name.")
@remote_options
@click.pass_context
def command(
    ctx: click.Context, replay: bool, trust: bool, api_key: str | None, allow_remote: bool
) -> None:
    """Hold somebody else's mapper or server against the contract.

    What is found is shown as the smallest case, and saved under .toplyne-sandbox/failures with a
    pytest and a shell script. `check --replay` tries the saved ones, each against the command or
    the server it was found in, and drops those that pass now; it runs a command that stands in a
    file only with --trust.

    Examples:
      toplyne-sandbox check mapper -- python my_mapper.py
      toplyne-sandbox check server http://127.0.0.1:9000/v1
      toplyne-sandbox check --replay --trust
    """
    ctx.obj = replay
    if ctx.invoked_subcommand is not None:
        return
    if not replay:
        click.echo(ctx.get_help())
        return
    from sandbox.cli.saved_failures import replay_all

    ctx.exit(replay_all(trust=trust, api_key=api_key, allow_remote=allow_remote))


@command.command("mapper", short_help="Compare a mapper's requests with Segment's.")
@click.argument("program", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
@click.option("--python", metavar="MODULE:FUNCTION", help="Call this function, not a command.")
@flag("--workspaces", help="Generate mappings too, for each event its own.")
@check_options
def mapper(
    program: tuple[str, ...], python: str | None, workspaces: bool, options: CheckOptions
) -> None:
    """Compare the requests of COMMAND with those of Segment, on generated events.

    \b
    COMMAND reads one event a line on its standard input, as JSON, and prints one line for each:
    a JSON list of the requests it makes of the event by the three presets, [] for none.
        [{"method": "POST", "path": "/upload/events", "json": {"events": [...]}}]

    With --workspaces a line is {"workspace": ..., "event": ...}, and the mappings of the workspace
    take the place of the presets; its form is that of a workspace file in JSON. Output must be
    flushed after each line. Under --rules documented a request that Segment sends and the
    documentation refuses may be left out.

    --python calls function(event), or function(event, workspace), for a list of such requests;
    what it raises counts as no request.

    Examples:
      toplyne-sandbox check mapper -- node my_mapper.js
      toplyne-sandbox check mapper --python my_mapper:requests --max-examples 5000
    """  # noqa: D301 - \b is click's mark for lines that are kept
    from sandbox.check.reproducing import MapperTarget
    from sandbox.cli.check_mapper import mapper_under_test

    if bool(program) == bool(python):
        raise click.UsageError(
            "give either a command after --, or --python module:function; for example "
            "`toplyne-sandbox check mapper -- python my_mapper.py`."
        )
    target = MapperTarget(command=program, python=python or "")
    opened = mapper_under_test(
        target, options.rules, workspaces=workspaces, timeout=options.timeout
    )
    run(opened, options)


@command.command("server", short_help="Hold a Toplyne-like server against the contract.")
@click.argument("url")
@remote_options
@check_options
def server(url: str, api_key: str | None, allow_remote: bool, options: CheckOptions) -> None:
    """Hold the server at URL (the API's base URL, ends in /v1) against the contract.

    First every rule with the plainest calls, right and wrong ones, then generated uploads; where
    the server lets its state be read as the mock does (/_sandbox/state), sequences of calls too.
    The server keeps what it accepts: give it a key of its own. Broken rules that are assumed are
    told apart from those that are recorded or documented.

    Examples:
      toplyne-sandbox check server http://127.0.0.1:9000/v1 --api-key KEY --junit report.xml
    """
    from sandbox.cli.check_server import server_under_test

    base_url, key = local_url(url, allow_remote=allow_remote), needed_key(api_key)
    run(server_under_test(base_url, options.rules, api_key=key, timeout=options.timeout), options)
