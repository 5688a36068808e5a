"""Text: an explanation as lines for people."""

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from sandbox.destination import SEGMENT_SENDS_IT
from sandbox.explain.explaining import Explanation
from sandbox.explain.fates import FieldFate, source_text
from sandbox.explain.smallest_change import Change, Edit
from sandbox.segment.javascript import MISSING
from sandbox.segment.json_text import json_text, to_json
from sandbox.segment.not_simulated import NOT_SIMULATED
from sandbox.segment.pipeline import Mapped, Outcome, Rejected, Skipped
from sandbox.segment.toml_tables import toml_table
from sandbox.segment.triggers.trace import Trace, reason_for
from sandbox.segment.triggers.tree import Group
from sandbox.values import json_path, shortened

TextLine: TypeAlias = tuple[int, str, str]
"""A line's indent, its text, and its style (as rich names it, or "")."""

_VERDICTS: Final = {"holds": ("✓", "green"), "fails": ("✗", "red"), "throws": ("!", "bold red")}
_FATES: Final = {"sent": ("✓", ""), "refused": ("✗", "red"), "not simulated": ("?", "yellow")}
_NOTHING_SENT: Final = ("-", "dim")
_DISABLED: Final = "The mapping is disabled. If it were enabled:"


def to_text(explanation: Explanation) -> str:
    """Return the explanation as text of several lines."""
    return "\n".join(f"{' ' * indent}{text}" for indent, text, _ in to_lines(explanation))


def to_lines(explanation: Explanation) -> Iterator[TextLine]:
    """Yield the lines of an explanation."""
    mapping, outcome, trigger = explanation.mapping, explanation.outcome, explanation.trigger
    yield 0, f"{mapping.name}  {_headline(outcome)}", "bold"
    if not mapping.enabled:
        yield 2, _DISABLED, "yellow"
    yield 2, f"trigger  {_one_line(trigger.text)}", ""
    if trigger.taken:
        yield 2, f"read as  {_one_line(trigger.taken)}", "yellow"
    yield from ((4, sentence, "yellow") for sentence in trigger.ignored)
    yield from _clause_lines(trigger.trace, 4, is_top=True)
    if trigger.verdict == "throws" and isinstance(outcome, Rejected):
        yield from ((4, _advice_on(problem.message), "") for problem in outcome.problems)
    if explanation.change is not None:
        yield from _change_lines(explanation.change)
        refused = [fate for fate in explanation.fields if fate.fate == "refused"]
        if refused:
            yield 2, "even if the trigger took it, it would be rejected", "bold"
        for fate in refused:
            yield from _fate_lines(fate, len(fate.key))
        return
    yield 2, "fields", ""
    width = max((len(fate.key) for fate in explanation.fields), default=0)
    for fate in explanation.fields:
        yield from _fate_lines(fate, width)
    yield from _outcome_lines(explanation)


def _headline(outcome: Outcome) -> str:
    match outcome:
        case Mapped(request=request):
            return f"sent: {request.method} {request.path}"
        case Skipped(code=code):
            return f"skipped ({code})"
        case Rejected(code=code):
            return "not simulated" if code == NOT_SIMULATED else f"rejected ({code})"


def _clause_lines(
    trace: Trace, indent: int, *, is_top: bool = False, is_told: bool = False
) -> Iterator[TextLine]:
    mark, style = _VERDICTS[trace.verdict]
    unreached = "" if trace.reached or is_told else "  (Segment stops before this)"
    if not isinstance(trace.node, Group):
        yield indent, f"{mark} {_one_line(str(trace.node))}  {reason_for(trace)}{unreached}", style
        return
    if len(trace.children) > 1 or not is_top:
        all_or_any = "all of these" if trace.node.operator == "and" else "any of these"
        yield indent, f"{mark} {all_or_any}{unreached}", style
        indent += 2
    for each in trace.children:
        yield from _clause_lines(each, indent, is_told=not trace.reached)


def _change_lines(change: Change) -> Iterator[TextLine]:
    if change.meant:
        takes = change.meant == change.trigger
        also = "which takes the event" if takes else "which does not take the event either"
        yield from _block(f"the trigger probably means this, {also}", [_one_line(change.meant)])
        if not takes:
            edits = map(_edit, change.meant_edits)
            yield from _block("smallest change to the event, with that trigger", edits)
    as_it_is = ", with the trigger as it is" if change.meant else ""
    yield from _block(f"smallest change to the event{as_it_is}", map(_edit, change.edits))
    if change.against_spec:
        yield 4, change.against_spec, "yellow"
    if change.no_event:
        yield 2, change.no_event, "yellow"
    if change.trigger not in (None, change.meant):
        yield from _block("smallest change to the trigger", [_one_line(str(change.trigger))])


def _block(heading: str, lines: Iterable[str]) -> Iterator[TextLine]:
    """Yield a heading and the lines below it; nothing if there are no lines."""
    for number, line in enumerate(lines):
        if number == 0:
            yield 2, heading, "bold"
        yield 4, line, "cyan"


def _edit(edit: Edit) -> str:
    path, before, after = json_path(edit.at), edit.before, edit.after
    if after is MISSING:
        return f"remove {path}, which is {_value(before)}"
    if before is MISSING:
        return f"add {path}: {_value(after)}"
    return f"set {path} to {_value(after)}, instead of {_value(before)}"


def _fate_lines(fate: FieldFate, width: int) -> Iterator[TextLine]:
    """Yield a field's line, and below it why it is refused."""
    is_sent, is_refused = fate.fate == "sent", fate.fate == "refused"
    given = fate.value if is_sent else fate.raw  # what is sent, else what was found
    is_shown = given is not MISSING and (is_sent or given not in (None, ""))
    parts = [
        fate.key.ljust(width),
        *([_value(given)] if is_shown else ()),
        *([] if is_sent else [fate.fate]),
        *(f"← {shortened(text)}" for text in source_text(fate.source)),
        *([] if is_refused else [fate.why]),
    ]
    mark, style = _FATES.get(fate.fate, _NOTHING_SENT)
    yield 4, f"{mark} {'  '.join(parts)}".rstrip(), style
    if is_refused and fate.why:
        yield 6, fate.why, ""
    for problem in fate.problems if is_refused else ():
        words = "" if problem.message.endswith(SEGMENT_SENDS_IT) else "Segment's message: "
        yield 6, f"{words}{problem.message}", "dim"


def _outcome_lines(explanation: Explanation) -> Iterator[TextLine]:
    match explanation.outcome:
        case Mapped(request=request):
            yield 2, f"request  {request.method} {request.path}", ""
            yield 4, request.content.decode(), "cyan"
            if explanation.suspicions:
                yield 2, "accepted, but surely wrong", "bold yellow"
            yield from ((4, f"! {suspicion}", "yellow") for suspicion in explanation.suspicions)
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


def _value(value: object) -> str:
    return shortened(json_text(to_json(value)))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _advice_on(message: str) -> str:
    """Return what an error of Segment's runtime means and what to do, "" if there is no advice."""
    advice = toml_table(__package__, "advice").items()
    return next((what for part, what in advice if part in message), "")
