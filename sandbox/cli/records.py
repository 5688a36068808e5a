"""Records: outcomes and deliveries as the JSON objects and the lines that commands print."""

from typing import Any, TypeAlias

from sandbox.cli.output import Screen, StyledText
from sandbox.delivery import Delivery
from sandbox.event_input import InputEvent
from sandbox.segment.json_text import json_text
from sandbox.segment.not_simulated import NOT_SIMULATED
from sandbox.segment.pipeline import Mapped, Outcome, Rejected, Request, Skipped
from sandbox.toplyne import TOPLYNE
from sandbox.values import Json, members, printable

NAME_WIDTH = max(len(preset.name) for preset in TOPLYNE.presets)
SendResult: TypeAlias = Mapped | Skipped | Rejected | Delivery


def event_keys(event: InputEvent) -> dict[str, Json]:
    """Return the members of a record that name its event."""
    return {"event": event.index, "messageId": event.value.get("messageId")}


def record(event: InputEvent, result: SendResult, body: Any = None) -> dict[str, Any]:
    """Return the JSON object of one event and one mapping; `body` is the request's, if known."""
    mapping = result.mapping
    request = result.request if isinstance(result, Mapped | Delivery) else None
    problems = result.problems if isinstance(result, Rejected) else ()
    if request is not None and body is None:
        body = request.json
    entry: dict[str, Any] = {
        **event_keys(event),
        "mapping": mapping.name if mapping else None,
        "action": mapping.action if mapping else None,
        "outcome": outcome_word(result),
        "request": request and {**members(request, "method", "path"), "json": body},
        "problems": [problem.to_json() for problem in problems],
        "code": None if isinstance(result, Mapped) else result.code,
    }
    if isinstance(result, Skipped):
        entry["reason"] = result.reason
    if isinstance(result, Delivery):
        answer = members(result, "status", "json", "entry")
        entry["answer"] = {**answer, "error": result.error or None}
    return entry


def outcome_line(event: InputEvent, outcome: Outcome, **more: str) -> str:
    """Return the record of an outcome, with the members `more`, as a line of JSON.

    The request's body is inserted unchanged: it is JSON already.
    """
    try:
        if isinstance(event.value.get("messageId", ""), str):
            import msgspec

            content = outcome.request.content if isinstance(outcome, Mapped) else b""
            return msgspec.json.encode(record(event, outcome, msgspec.Raw(content)) | more).decode()
    except UnicodeEncodeError:
        pass  # a lone surrogate, which only json_text can write
    return json_text(record(event, outcome) | more)


def outcome_word(result: SendResult) -> str:
    """Return `mapped`, `skipped` or `rejected`; a delivery is `mapped`, whatever its answer."""
    if isinstance(result, Skipped):
        return "skipped"
    return "rejected" if isinstance(result, Rejected) else "mapped"


def is_failure(result: SendResult) -> bool:
    """Return whether the result makes the exit code 1: rejected, or not answered 2xx."""
    return isinstance(result, Rejected) or (isinstance(result, Delivery) and not result.ok)


def show_event(screen: Screen, event: InputEvent) -> None:
    """Print the line that names an event."""
    if screen.is_json:
        return
    value = event.value
    kind = (_short(value.get("type")), "bold cyan")
    parts: list[StyledText] = [(f"event {event.index}", "bold"), "  ", kind]
    name = value.get("event") or value.get("name")
    if name is not None:
        parts.append(f"  {_short(name)}")
    for key in ("userId", "anonymousId", "groupId"):
        if value.get(key) is not None:
            parts.append((f"  {key} {_short(value[key])}", "dim"))
    screen.line(*parts)


def _short(value: Json) -> str:
    if value is None:
        return "(no type)"
    text = value if isinstance(value, str) and value.isprintable() else printable(json_text(value))
    return text if len(text) <= 40 else f"{text[:39]}…"


def show_result(screen: Screen, result: SendResult) -> None:
    """Print the outcome of one mapping, and the answer if there is one."""
    name = (result.mapping.name if result.mapping else "").ljust(NAME_WIDTH)
    match result:
        case Skipped(reason=reason):
            begin = (("  - ", "dim"), (f"{name}  ", "dim"))
            screen.folded(reason, indent=6 + len(name), style="dim", first=begin)
        case Rejected(code=code, problems=problems):
            known = code != NOT_SIMULATED
            mark, style = ("✗", "red") if known else ("?", "yellow")
            word = "rejected" if known else "not simulated"
            screen.line((f"  {mark} ", f"bold {style}"), (name, "bold"), (f"  {word}", style))
            for problem in problems:
                screen.line("      ", (problem.path, "yellow"))
                screen.folded(problem.message, indent=8)
        case Mapped(request=request):
            _show_request(screen, name, request)
        case Delivery():
            _show_request(screen, name, result.request, failed=not result.ok)
            _show_answer(screen, result)


def _show_request(screen: Screen, name: str, request: Request, *, failed: bool = False) -> None:
    call = (f"{request.method} {request.path}", "cyan")
    if name.strip():
        mark = ("  ✗ ", "bold red") if failed else ("  ✓ ", "bold green")
        screen.line(mark, (name, "bold"), "  ", call)
    else:  # a request without a mapping
        screen.line("  → ", call)
    screen.folded(request.content.decode(), indent=6)


def _show_answer(screen: Screen, delivery: Delivery) -> None:
    if delivery.status is None:
        first = ("    ← ", (delivery.code, "red"), "  ")
        screen.folded(delivery.error, indent=8 + len(delivery.code), first=first)
        return
    style = "green" if delivery.ok else "red"
    entry = f"  entry {delivery.entry}" if delivery.entry is not None else ""
    text = " ".join(delivery.text.split())
    fits = len(f"    ← 000  {text}{entry}") <= screen.width
    shown = f"  {text}" if fits else ""
    screen.line("    ← ", (str(delivery.status), f"bold {style}"), shown, (entry, "dim"))
    if not fits:
        screen.folded(text, indent=6)
