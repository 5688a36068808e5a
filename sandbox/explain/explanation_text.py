"""Text: an explanation as lines people read."""

from collections.abc import Iterator
from typing import Final, TypeAlias

from sandbox.destination import SEGMENT_SENDS_IT
from sandbox.explain.explanation import Change, Edit, Explanation, FieldFate
from sandbox.explain.fates import source_text
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.json_text import json_text
from sandbox.segment.json_text import to_json as json_of
from sandbox.segment.not_simulated import NOT_SIMULATED
from sandbox.segment.pipeline import Mapped, Rejected, Skipped
from sandbox.segment.triggers.mistakes import shown
from sandbox.segment.triggers.reasons import said
from sandbox.segment.triggers.trace import Trace
from sandbox.segment.triggers.tree import Group
from sandbox.values import json_path

Line: TypeAlias = tuple[int, str, str]
"""How far a line is indented, its text, and its style (a word of rich's, or "")."""

_VALUE_WIDTH: Final = 60
_VERDICTS: Final = {"holds": ("✓", "green"), "fails": ("✗", "red"), "throws": ("!", "bold red")}
_FATES: Final = {"sent": ("✓", ""), "refused": ("✗", "red"), "not simulated": ("?", "yellow")}
_NOTHING_SENT: Final = ("-", "dim")
_DISABLED: Final = "The mapping is disabled. Enable it, and the event goes this way:"

_ADVICE: Final = {
    "Cannot destructure property 'personas'": "The event's context is null, but Segment reads the "
    "context of every event. Leave context out, or make it an object.",
    "(reading 'computation_class')": "The event's context.personas is null, but Segment reads "
    "it. Leave personas out, or make it an object.",
    "Cannot convert object to primitive value": "An object with a member `toString` cannot be made "
    "a string. Map one of its members, or rename `toString`.",
    "batched requests": "The event is a list, but this destination takes events one by one.",
    "(reading 'context')": "There is no event: it is null. Send an object.",
    "data must be an object": "The fields are resolved on a value that is not an object. "
    "Send an object.",
    "Cannot read properties of undefined (reading 'type')": "Segment came to empty parentheses in "
    "the trigger. Remove them.",
    "(reading 'reduce')": "The trigger names a member whose name has only dots. Write its name.",
}
"""What Segment's runtime means where it throws, by a part of what it says, and what to do."""


def to_text(explanation: Explanation) -> str:
    """Return the explanation as text, a line for each thing it says."""
    lines = (f"{' ' * indent}{text}" for indent, text, _ in to_lines(explanation))
    return "\n".join(lines)


def to_lines(explanation: Explanation) -> Iterator[Line]:
    """Yield the lines of an explanation."""
    mapping, outcome = explanation.mapping, explanation.outcome
    yield 0, f"{mapping.name}  {_headline(explanation)}", "bold"
    if not mapping.enabled:
        yield 2, _DISABLED, "yellow"
    yield from _trigger_lines(explanation)
    if explanation.trigger.verdict == "throws" and isinstance(outcome, Rejected):
        yield from ((4, _advice_on(problem.message), "") for problem in outcome.problems)
    if explanation.change is not None:
        yield from _change_lines(explanation.change)
        yield from _after_lines(explanation)
        return
    yield from _field_lines(explanation.fields)
    yield from _outcome_lines(explanation)
    if isinstance(outcome, Mapped) and explanation.suspicions:
        yield 2, "accepted, and surely wrong", "bold yellow"
        for suspicion in explanation.suspicions:
            yield 4, f"! {suspicion}", "yellow"


def _headline(explanation: Explanation) -> str:
    match explanation.outcome:
        case Mapped(request=request):
            return f"sent: {request.method} {request.path}"
        case Skipped(code=code):
            return f"skipped ({code})"
        case Rejected(code=code):
            return "not simulated" if code == NOT_SIMULATED else f"rejected ({code})"


def _trigger_lines(explanation: Explanation) -> Iterator[Line]:
    trigger = explanation.trigger
    yield 2, f"trigger  {_one_line(trigger.text)}", ""
    if trigger.taken:
        yield 2, f"taken as {_one_line(trigger.taken)}", "yellow"
    for sentence in trigger.ignored:
        yield 4, sentence, "yellow"
    yield from _clause_lines(trigger.trace, 4, is_top=True)


def _clause_lines(
    trace: Trace, indent: int, *, is_top: bool = False, is_told: bool = False
) -> Iterator[Line]:
    mark, style = _VERDICTS[trace.verdict]
    unreached = "" if trace.reached or is_told else "  (Segment does not come this far)"
    if not isinstance(trace.node, Group):
        yield indent, f"{mark} {_one_line(str(trace.node))}  {said(trace)}{unreached}", style
        return
    if len(trace.children) > 1 or not is_top:
        all_or_any = "all of these" if trace.node.operator == "and" else "any of these"
        yield indent, f"{mark} {all_or_any}{unreached}", style
        indent += 2
    for each in trace.children:
        yield from _clause_lines(each, indent, is_told=not trace.reached)


def _change_lines(change: Change) -> Iterator[Line]:
    if change.meant:
        yield from _meant_lines(change)
    if change.edits:
        as_it_is = ", the trigger as it is" if change.meant else ""
        yield 2, f"smallest change to the event{as_it_is}", "bold"
        yield from _edit_lines(change.edits)
        if change.against_spec:
            yield 4, change.against_spec, "yellow"
    elif change.no_event:
        yield 2, change.no_event, "yellow"
    if change.trigger is not None and change.trigger != change.meant:
        yield 2, "smallest change to the trigger", "bold"
        yield 4, _one_line(change.trigger), "cyan"


def _meant_lines(change: Change) -> Iterator[Line]:
    takes = change.meant == change.trigger
    also = "which takes the event" if takes else "which does not take the event either"
    yield 2, f"the trigger probably means this, {also}", "bold"
    yield 4, _one_line(change.meant), "cyan"
    if not takes and change.meant_edits:
        yield 2, "smallest change to the event, with that trigger", "bold"
        yield from _edit_lines(change.meant_edits)


def _edit_lines(edits: tuple[Edit, ...]) -> Iterator[Line]:
    for edit in edits:
        path, before, after = json_path(edit.at), edit.before, edit.after
        if after is MISSING:
            text = f"take out {path}, which is {_value(before)}"
        elif before is MISSING:
            text = f"add {path}: {_value(after)}"
        else:
            text = f"set {path} to {_value(after)}, instead of {_value(before)}"
        yield 4, text, "cyan"


def _after_lines(explanation: Explanation) -> Iterator[Line]:
    """Say what else stands in the way of an event that is skipped."""
    refused = [fate for fate in explanation.fields if fate.fate == "refused"]
    if refused:
        yield 2, "taken by the trigger, it would be rejected all the same", "bold"
        for fate in refused:
            yield from _fate_lines(fate, len(fate.key))


def _field_lines(fates: tuple[FieldFate, ...]) -> Iterator[Line]:
    yield 2, "fields", ""
    width = max((len(fate.key) for fate in fates), default=0)
    for fate in fates:
        yield from _fate_lines(fate, width)


def _fate_lines(fate: FieldFate, width: int) -> Iterator[Line]:
    """Yield a field's line; what it is refused for stands below it."""
    source = "".join(f"  ← {shown(text)}" for text in source_text(fate.source))
    given = fate.value if fate.fate == "sent" else fate.raw  # what is sent, else what was found
    is_shown = given is not MISSING and (fate.fate == "sent" or given not in (None, ""))
    value = f"  {_value(given)}" if is_shown else ""
    word = "" if fate.fate == "sent" else f"  {fate.fate}"
    mark, style = _FATES.get(fate.fate, _NOTHING_SENT)
    line = f"{mark} {fate.key.ljust(width)}{value}{word}{source}"
    if fate.fate != "refused":
        yield 4, f"{line}  {fate.why}".rstrip(), style
        return
    yield 4, line, style
    if fate.why:
        yield 6, fate.why, ""
    for problem in fate.problems:
        words = "" if problem.message.endswith(SEGMENT_SENDS_IT) else "Segment's words: "
        yield 6, f"{words}{problem.message}", "dim"


def _outcome_lines(explanation: Explanation) -> Iterator[Line]:
    match explanation.outcome:
        case Mapped(request=request):
            yield 2, f"request  {request.method} {request.path}", ""
            yield 4, request.content.decode(), "cyan"
        case Rejected(code=code, problems=problems):
            told = {p for fate in explanation.fields for p in fate.problems}
            rest = [problem for problem in problems if problem not in told]
            known = code != NOT_SIMULATED
            style = "red" if known else "yellow"
            if rest:
                yield 2, "rejected because" if known else "not simulated", style
            for problem in rest:
                yield 4, f"{problem.path}  {problem.message}", style
                if advice := _advice_on(problem.message):
                    yield 6, advice, ""


def _value(value: Json) -> str:
    text = json_text(json_of(value))
    return text if len(text) <= _VALUE_WIDTH else f"{text[: _VALUE_WIDTH - 1]}…"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _advice_on(message: str) -> str:
    """Return what an error of Segment's runtime means and what to do, "" where it says so."""
    return next((advice for part, advice in _ADVICE.items() if part in message), "")
