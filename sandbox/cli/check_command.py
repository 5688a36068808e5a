"""`toplyne-sandbox check`: hold somebody else's mapper or server against the contract."""

from __future__ import annotations

import click

from sandbox.cli.checking import check_options
from sandbox.segment.definition import Rules


@click.group("check", invoke_without_command=True)
@click.option("--replay", is_flag=True, help="Try the saved failures again, each as it was found.")
@click.pass_context
def command(ctx: click.Context, replay: bool) -> None:
    """Hold somebody else's mapper or server against the contract.

    What is found is shown as the smallest case, and saved under .toplyne-sandbox/failures with a
    pytest and a shell script. `check --replay` tries the saved ones and drops those that pass now.
    """
    ctx.obj = replay
    if ctx.invoked_subcommand is not None:
        return
    if not replay:
        click.echo(ctx.get_help())
        return
    from sandbox.cli.replaying import replay_all

    ctx.exit(replay_all())


@command.command("mapper", short_help="Compare a mapper's requests with Segment's.")
@click.argument("program", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
@click.option("--python", metavar="MODULE:FUNCTION", help="Call this function, not a command.")
@click.option("--workspaces", is_flag=True, help="Generate mappings too, for each event its own.")
@click.option(
    "--timeout",
    type=click.FloatRange(0.01, 3600),
    default=10.0,
    show_default=True,
    help="How many seconds an answer may take.",
)
@check_options
@click.pass_context
def mapper(
    ctx: click.Context,
    program: tuple[str, ...],
    python: str | None,
    workspaces: bool,
    timeout: float,
    max_examples: int,
    seed: int,
    replay: bool,
    allow_assumed: bool,
    junit: str | None,
    rules: Rules,
    as_json: bool,
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
    """  # noqa: D301 - \b is click's mark for lines that are kept
    from sandbox.cli.check_mapper import run

    if bool(program) == bool(python):
        raise click.UsageError(
            "give either a command behind --, or --python module:function; for instance "
            "`toplyne-sandbox check mapper -- python my_mapper.py`."
        )
    run(
        program,
        python=python or "",
        workspaces=workspaces,
        timeout=timeout,
        max_examples=max_examples,
        seed=seed,
        replay=replay or bool(ctx.obj),
        rules=rules,
        as_json=as_json,
        junit=junit,
        allow_assumed=allow_assumed,
    )
