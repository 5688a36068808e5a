"""Reproducing a server's failure: curl lines and a pytest, neither of which holds a key."""

import tomllib
from pathlib import Path
from string import Template
from typing import Final

from sandbox.check.failure import Failure
from sandbox.check.failures import FOLDER, Reproduction, stem_of
from sandbox.check.http_calls import KINDS, OWN, STATE, Call, read_call
from sandbox.check.reproducing import curl_line, filled, literal
from sandbox.toplyne import IDS

_INLINE: Final = 4000


def reproduced(failure: Failure, url: str) -> Reproduction:
    """Return how a failure is shown again at the URL."""
    calls = [read_call(saved) for saved in failure.case["calls"]]
    if failure.case["aspect"] == "state":
        return Reproduction({"url": url}, _state_test(failure, calls, url), _state_lines(calls))
    (call,) = calls
    stem = "" if len(call.body) <= _INLINE and _is_text(call.body) else stem_of(failure)
    return Reproduction(
        target={"url": url},
        pytest=_call_test(failure, call, url, stem),
        lines=(_curl(call, body_file=f"@{FOLDER / stem}.body" if stem else ""),),
        body=call.body if stem else None,
    )


def _is_text(body: bytes) -> bool:
    try:
        return "\0" not in body.decode()
    except UnicodeDecodeError:
        return False


def _curl(call: Call, *, body_file: str = "") -> str:
    headers = list(call.headers)
    if call.body and "content-type" not in {name.lower() for name, _ in headers}:
        headers.append(("Content-Type", ""))  # curl would send one of its own
    body = body_file or (call.body.decode() if call.body else None)
    return curl_line(call.method, call.path, headers, body, authorization=call.authorization)


def _state_lines(calls: list[Call]) -> tuple[str, ...]:
    lines = [_curl(call).replace(OWN, "'own-$$'") for call in calls]
    reads = [
        f'curl -s "${{TOPLYNE_API_URL%/v1}}{STATE}/{kind}?order=desc&limit=20" '
        '-H "Authorization: Bearer $TOPLYNE_API_KEY"'
        for kind in KINDS
    ]
    return (*lines, *reads)


def _call_test(failure: Failure, call: Call, url: str, stem: str) -> str:
    aspect, right = failure.case["aspect"], failure.right
    error = right["json"].get("error") if isinstance(right.get("json"), dict) else None
    words = (error.get("code"), error.get("message")) if isinstance(error, dict) else ()
    asserts = Path(__file__).with_name("templates") / "asserts.toml"
    asserted = Template(tomllib.loads(asserts.read_text(encoding="utf-8"))[aspect]).substitute(
        status=right["status"], json=repr(right.get("json")), words=repr(words)
    )
    key = {} if call.authorization is None else {"Authorization": call.authorization}
    body = f'BODY = Path(__file__).with_name("{stem}.body").read_bytes()' if stem else ""
    constants = [body or literal("BODY", call.body), literal("SENT", dict(call.headers) | key)]
    if aspect == "headers":
        wanted = {str(each.at[0]): each.expected for each in failure.differences}
        constants.append(literal("HEADERS", wanted))
    return filled(
        "call",
        failure,
        url=url,
        imports="import os\nfrom pathlib import Path" if stem else "import os",
        constants="\n".join(constants),
        method=call.method,
        path=call.path,
        asserted=asserted,
    )


def _state_test(failure: Failure, calls: list[Call], url: str) -> str:
    uploads = [(call.path, call.body.decode()) for call in calls]
    constants = "\n".join((literal("UPLOADS", uploads), literal("RIGHT", failure.right)))
    return filled(
        "state", failure, url=url, constants=constants, state=STATE, ids=repr(IDS), own=OWN
    )
