"""Reproducing a server's failure: curl lines and a pytest, neither of which holds a key."""

from __future__ import annotations

from typing import Final

from sandbox.check.asking import STATE
from sandbox.check.failure import Failure
from sandbox.check.failures import FOLDER, Reproduction, stem_of
from sandbox.check.http_calls import Call, read_call
from sandbox.check.reproducing import as_comment, curl_line, filled, literal, test_name
from sandbox.check.sequences import KINDS, OWN
from sandbox.segment.javascript import Json
from sandbox.toplyne import IDS

_INLINE: Final = 4000
_STATE_ASPECT: Final = "state"
_ASSERTS: Final = {
    "status": "assert answer.status_code == {status}",
    "taken": "assert answer.status_code == {status}",
    "refused": "assert answer.status_code >= 400",
    "body": "assert answer.json() == {json!r}",
    "name": 'assert set(answer.json()) == {{"status", "data"}}\n'
    '    assert answer.json()["status"] == "SUCCESS"\n'
    '    assert isinstance(answer.json()["data"], str)',
    "error": 'assert set(answer.json()) == {{"status", "error"}}\n'
    '    assert answer.json()["status"] == "ERROR"\n'
    '    assert set(answer.json()["error"]) == {{"code", "message", "details"}}',
    "words": 'error = answer.json()["error"]\n'
    '    assert (error["code"], error["message"]) == {words!r}',
    "headers": "assert [n for n, v in HEADERS.items() if answer.headers.get(n) != v] == []",
}
"""What a test asserts for each aspect of an answer."""


def reproduced(failure: Failure, url: str) -> Reproduction:
    """Return how a failure is shown again at the URL."""
    calls = [read_call(saved) for saved in failure.case["calls"]]
    if failure.case["aspect"] == _STATE_ASPECT:
        return Reproduction({"url": url}, _state_test(failure, calls, url), _state_lines(calls))
    (call,) = calls
    large = call.body if len(call.body) > _INLINE or not _is_text(call.body) else None
    stem = stem_of(failure)
    return Reproduction(
        target={"url": url},
        pytest=_call_test(failure, call, url, stem if large is not None else ""),
        lines=(_curl(call, body_file=f"@{FOLDER / stem}.body" if large is not None else ""),),
        body=large,
    )


def _is_text(body: bytes) -> bool:
    try:
        return "\0" not in body.decode()
    except UnicodeDecodeError:
        return False


def _curl(call: Call, *, body_file: str = "") -> str:
    headers = list(call.headers)
    names = {name.lower() for name, _ in headers}
    if call.body and "content-type" not in names:
        headers.append(("Content-Type", ""))  # curl would send one of its own
    body = body_file or (call.body.decode() if call.body else None)
    return curl_line(call.method, call.path, headers, body, authorization=call.authorization)


def _state_lines(calls: list[Call]) -> tuple[str, ...]:
    own = "own-$$"
    lines = [_curl(call).replace(OWN, f"'{own}'") for call in calls]
    reads = [
        f'curl -s "${{TOPLYNE_API_URL%/v1}}{STATE}/{kind}?order=desc&limit=20" '
        '-H "Authorization: Bearer $TOPLYNE_API_KEY"'
        for kind in KINDS
    ]
    return (*lines, *reads)


def _call_test(failure: Failure, call: Call, url: str, stem: str) -> str:
    right = failure.right
    error = right.get("json", {}).get("error", {}) if isinstance(right.get("json"), dict) else {}
    words = (error.get("code"), error.get("message")) if isinstance(error, dict) else ()
    aspect = failure.case["aspect"]
    asserted = _ASSERTS[aspect].format(status=right["status"], json=right.get("json"), words=words)
    body = f'BODY = Path(__file__).with_name("{stem}.body").read_bytes()' if stem else ""
    constants = [body or literal("BODY", call.body), literal("SENT", _sent(call))]
    if aspect == "headers":
        wanted = {str(each.at[0]): each.expected for each in failure.differences}
        constants.append(literal("HEADERS", wanted))
    return filled(
        "call",
        **_common(failure, url),
        imports="import os\nfrom pathlib import Path" if stem else "import os",
        constants="\n".join(constants),
        method=call.method,
        path=call.path,
        asserted=asserted,
    )


def _sent(call: Call) -> Json:
    headers = dict(call.headers)
    return headers | ({} if call.authorization is None else {"Authorization": call.authorization})


def _state_test(failure: Failure, calls: list[Call], url: str) -> str:
    uploads = [(call.path, call.body.decode()) for call in calls]
    return filled(
        "state",
        **_common(failure, url),
        constants="\n".join((literal("UPLOADS", uploads), literal("RIGHT", failure.right))),
        state=STATE,
        ids=repr(IDS),
        own=OWN,
    )


def _common(failure: Failure, url: str) -> dict[str, str]:
    return {
        "statement": as_comment(failure.rule.statement),
        "sentence": as_comment(failure.sentence),
        "name": test_name(failure),
        "url": url,
    }
