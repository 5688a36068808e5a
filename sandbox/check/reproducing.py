"""Reproducing: a failure as a curl line and as a pytest test, each ready to run.

Neither contains a key: both read TOPLYNE_API_KEY and TOPLYNE_API_URL.
"""

import json
import pprint
import re
import shlex
import shutil
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from string import Template
from textwrap import indent
from typing import Final

from sandbox.check.failures import FOLDER, Failure, Reproduction, Target
from sandbox.check.http_calls import (
    AUTHORIZED,
    CHUNKED,
    JSON_TYPE,
    KEY,
    KINDS,
    OWN,
    STATE,
    Calls,
    HttpCall,
)
from sandbox.segment.json_text import json_text, packed, too_deep_at
from sandbox.segment.toml_tables import toml_table
from sandbox.toplyne import IDS

_WIDTH: Final = 96
_INLINE: Final = 4000
_DEEPEST: Final = 80  # Python parses about a hundred nested brackets
_EXPANDED: Final = re.compile(r'["$`\\]')
_NO_NAME: Final = re.compile(r"[^a-z0-9]+")


def mapper_reproduced(failure: Failure, target: Target) -> Reproduction:
    """Return how to reproduce a failure of a mapper.

    The second line sends the mapper's request, or the right one, to a server.
    """
    found = failure.found if isinstance(failure.found, list) else []
    request = found[0] if found else failure.right[0][0]
    body = json_text(request["json"])
    curl = curl_line(str(request["method"]), str(request["path"]), [JSON_TYPE], body)
    lines = (shell_line(failure, target), curl)
    return Reproduction(target, mapper_pytest(failure, target), lines)


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

    In `authorization`, KEY stands for the API key, which the shell inserts.
    """
    path = path.encode(errors="replace").decode()  # a mapper's may have half a character
    parts = [f'curl -si -X {shlex.quote(method)} "{url}"{shlex.quote(path) if path else ""}']
    if authorization is not None:
        escaped = _EXPANDED.sub(r"\\\g<0>", authorization).replace(KEY, "$TOPLYNE_API_KEY")
        # curl writes a header without a value with a semicolon
        parts.append(f'-H "Authorization: {escaped}"' if escaped else '-H "Authorization;"')
    parts += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers]
    if body is not None:
        parts.append(f"--data-binary {shlex.quote(body)}")
    return " ".join(parts)


def shell_line(failure: Failure, target: Target) -> str:
    """Return the shell line that gives the case to the mapper again."""
    line = json.dumps(failure.case if "workspace" in failure.case else failure.case["event"])
    command = target.command
    if target.python:
        flags = ("--workspaces",) if "workspace" in failure.case else ()
        found = shutil.which("python")  # in an activated environment it is this one
        is_this = found is not None and Path(found).parent == Path(sys.executable).parent
        python = "python" if is_this else sys.executable
        command = (python, "-m", "sandbox.check.worker", target.python, *flags)
    return f"printf '%s\\n' {shlex.quote(line)} | {shlex.join(command)}"


def mapper_pytest(failure: Failure, target: Target) -> str:
    """Return a test module that gives the case to the mapper and asserts the right requests."""
    has_workspace = "workspace" in failure.case
    name, case = ("CASE", failure.case) if has_workspace else ("EVENT", failure.case["event"])
    module, _, function = target.python.partition(":")
    return _filled(
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


def _filled(template: str, failure: Failure, **parts: str) -> str:
    """Return a template filled in with its parts, and with the rule and sentence of the failure."""
    return Template(_template(f"{template}.txt")).substitute(
        statement=_as_comment(failure.rule.statement),
        sentence=_as_comment(failure.sentence),
        name=f"test_{failure.check}_{_NO_NAME.sub('_', failure.rule.key)}",
        **parts,
    )


def _template(name: str) -> str:
    return (Path(__file__).with_name("templates") / name).read_text(encoding="utf-8")


def literal(name: str, value: object) -> str:
    """Return an assignment of the value, formatted for people.

    A value that nests deeper than Python can parse is written as JSON.
    """
    plain = "" if isinstance(value, bytes) else packed(value).decode("utf-8", "surrogatepass")
    if too_deep_at(plain, _DEEPEST) is not None:
        return f"import json\n\n{name} = json.loads({plain!a})"
    text = pprint.pformat(value, width=_WIDTH - 4, sort_dicts=False)
    if "\n" not in text and len(name) + len(text) + 3 <= _WIDTH:
        return f"{name} = {text}"
    return f"{name} = (\n{indent(text, ' ' * 4)}\n)"


def _as_comment(text: str) -> str:
    """Return the text, escaped for a docstring."""
    plain = "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))
    return plain.replace("\\", "/").replace('"""', "'''")


def server_reproduced(failure: Failure, url: str) -> Reproduction:
    """Return how to reproduce a failure at the URL."""
    case, target = Calls.of(failure.case), Target(url=url)
    if case.way != "kept":
        return Reproduction(target, _several_test(failure, case, url), _several_lines(case))
    named = dict(zip(("before", "body")[-len(case.calls) :], case.calls, strict=True))
    files = {name: call.body for name, call in named.items() if not _is_inline(call.body)}
    test = _kept_test(failure, named, files.keys(), url)
    curls = [
        _curl(call, body_file=f"@{FOLDER / failure.stem}.{name}" if name in files else "")
        for name, call in named.items()
    ]
    line = " --next ".join((curls[0], *(each.removeprefix("curl ") for each in curls[1:])))
    return Reproduction(target, test, (line,), files)


def _is_inline(body: bytes) -> bool:
    try:
        return len(body) <= _INLINE and "\0" not in body.decode()
    except UnicodeDecodeError:
        return False


def _curl(call: HttpCall, *, body_file: str = "") -> str:
    headers = list(call.headers)
    if call.body and "content-type" not in {name.lower() for name, _ in headers}:
        headers.append(("Content-Type", ""))  # otherwise curl adds its own
    body = body_file or (call.body.decode() if call.body else None)
    return curl_line(call.method, call.path, headers, body, authorization=call.authorization)


def _several_lines(case: Calls) -> tuple[str, ...]:
    at_once = case.way == "together"
    ends = " &" if at_once else ""
    lines = [_curl(call).replace(OWN, "'own-$$'") + ends for call in case.calls]
    reads = [
        f'curl -s "${{TOPLYNE_API_URL%/v1}}{STATE}/{kind}?order=desc&limit=20" '
        '-H "Authorization: Bearer $TOPLYNE_API_KEY"'
        for kind in KINDS
    ]
    return (*lines, *(["wait"] if at_once else []), *reads)


def _kept_test(
    failure: Failure, named: Mapping[str, HttpCall], files: Collection[str], url: str
) -> str:
    aspect, right = failure.case["aspect"], failure.right
    asserted = Template(toml_table(__package__, "templates/asserts")[str(aspect)]).substitute(
        status=right["status"], json=repr(right.get("json"))
    )
    constants, sending = [], []
    for name, call in named.items():
        body, sent = name.upper(), f"{name.upper()}_HEADERS"
        key = {} if call.authorization is None else {"Authorization": call.authorization}
        file = f'{body} = Path(__file__).with_name("{failure.stem}.{name}").read_bytes()'
        constants.append(file if name in files else literal(body, call.body))
        constants.append(literal(sent, dict(call.headers) | key))
        content = f"[{body}]" if CHUNKED in call.headers else body  # httpx sends a list in chunks
        sending.append(f'send(client, "{call.method}", "{call.path}", {sent}, {content})')
    if aspect in {"headers", "words"}:
        wanted = {str(each.at[0]): each.expected for each in failure.differences}
        constants.append(literal(str(aspect).upper(), wanted))
    sending[-1] = f"answer = {sending[-1]}"
    return _filled(
        "call",
        failure,
        url=url,
        imports="import os\nfrom pathlib import Path" if files else "import os",
        constants="\n".join(constants),
        sending="\n        ".join(sending),
        asserted=asserted,
    )


def _several_test(failure: Failure, case: Calls, url: str) -> str:
    uploads = [(call.path, call.body.decode()) for call in case.calls]
    constants = "\n".join((literal("UPLOADS", uploads), literal("RIGHT", failure.right)))
    told = {"state": STATE, "ids": repr(IDS), "own": OWN}
    return _filled(case.way, failure, url=url, constants=constants, **told)
