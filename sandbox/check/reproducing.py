"""Reproducing: a failure as a curl line and as a pytest, each ready to run.

Neither holds a key: both read TOPLYNE_API_KEY and TOPLYNE_API_URL.
"""

import json
import pprint
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from textwrap import indent
from typing import Final

from sandbox.check.failure import Failure
from sandbox.check.http_calls import AUTHORIZED, JSON_TYPE, KEY
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import json_text

_WIDTH: Final = 96
_EXPANDED: Final = re.compile(r'["$`\\]')
_NO_NAME: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class MapperTarget:
    """How a mapper was asked: a command, or a function `module:function`."""

    command: tuple[str, ...] = ()
    python: str = ""

    def to_json(self) -> dict[str, Json]:
        """Return the target as it is saved."""
        return {"python": self.python} if self.python else {"command": list(self.command)}


def mapper_curl(failure: Failure) -> str:
    """Return the line that sends what the mapper made, or should have made, to a server."""
    found = failure.found if isinstance(failure.found, list) else []
    request = found[0] if found else failure.right[0][0]
    body = json_text(request["json"])
    return curl_line(str(request["method"]), str(request["path"]), [JSON_TYPE], body)


def curl_line(  # noqa: PLR0913 - the parts of a request, the last by name
    method: str,
    path: str,
    headers: Sequence[tuple[str, str]],
    body: str | None,
    *,
    url: str = "$TOPLYNE_API_URL",
    authorization: str | None = AUTHORIZED,
) -> str:
    """Return a curl command; a body that starts with @ names a file.

    In `authorization` KEY stands for the API key, which the shell puts in.
    """
    parts = [f'curl -si -X {shlex.quote(method)} "{url}"{shlex.quote(path) if path else ""}']
    if authorization is not None:
        escaped = _EXPANDED.sub(r"\\\g<0>", authorization).replace(KEY, "$TOPLYNE_API_KEY")
        # a semicolon is curl's word for a header without a value
        parts.append(f'-H "Authorization: {escaped}"' if escaped else '-H "Authorization;"')
    parts += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers]
    if body is not None:
        parts.append(f"--data-binary {shlex.quote(body)}")
    return " ".join(parts)


def shell_line(failure: Failure, target: MapperTarget) -> str:
    """Return the line that puts the case to the mapper again."""
    line = json.dumps(failure.case if "workspace" in failure.case else failure.case["event"])
    command = target.command
    if target.python:
        flags = ("--workspaces",) if "workspace" in failure.case else ()
        command = (_python(), "-m", "sandbox.check.worker", target.python, *flags)
    return f"printf '%s\\n' {shlex.quote(line)} | {shlex.join(command)}"


def _python() -> str:
    """Return how a shell finds this Python: `python` in an environment that is activated."""
    found = shutil.which("python")
    is_this = found is not None and Path(found).parent == Path(sys.executable).parent
    return "python" if is_this else sys.executable


def mapper_pytest(failure: Failure, target: MapperTarget) -> str:
    """Return a test module that puts the case to the mapper and knows what is right."""
    has_workspace = "workspace" in failure.case
    name, case = ("CASE", failure.case) if has_workspace else ("EVENT", failure.case["event"])
    module, _, function = target.python.partition(":")
    return filled(
        "mapper_function" if target.python else "mapper_command",
        failure,
        case_value=literal(name, case),
        right=literal("RIGHT", failure.right),
        module=module,
        function=function,
        command=repr(list(target.command)),
        arguments='CASE["event"], CASE["workspace"]' if has_workspace else "EVENT",
        case=name,
    )


def filled(template: str, failure: Failure, **parts: str) -> str:
    """Return a template of this room with its parts filled in, and what it says of the failure."""
    text = Path(__file__).with_name("templates") / f"{template}.txt"
    return Template(text.read_text(encoding="utf-8")).substitute(
        statement=_as_comment(failure.rule.statement),
        sentence=_as_comment(failure.sentence),
        name=f"test_{failure.check}_{_NO_NAME.sub('_', failure.rule.key)}",
        **parts,
    )


def literal(name: str, value: Json) -> str:
    """Return an assignment of the value, formatted for reading."""
    text = pprint.pformat(value, width=_WIDTH - 4, sort_dicts=False)
    if "\n" not in text and len(name) + len(text) + 3 <= _WIDTH:
        return f"{name} = {text}"
    return f"{name} = (\n{indent(text, ' ' * 4)}\n)"


def _as_comment(text: str) -> str:
    """Return the text, escaped for a docstring."""
    plain = "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))
    return plain.replace("\\", "/").replace('"""', "'''")
