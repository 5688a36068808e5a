"""Kinds: what is compared, one row each; everything else reads this table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.conformance import compare, compare_deliveries
from tests.conformance.canonical import same
from tests.conformance.compare import Case, Told
from tests.conformance.generate_dates import DATES
from tests.conformance.generate_deliveries import DELIVERIES, REPLIES
from tests.conformance.generate_fields import FIELDS
from tests.conformance.generate_triggers import TRIGGERS
from tests.conformance.generate_zones import LIQUID_AND_ZONES

EQUAL, REFUSED, DIFFERENT = "equal", "refused", "different"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of case.

    `folder` is where its cases are kept, `op` the runtime's operation, `share` its percentage of a
    run; `labels` names what a case reached on Segment's side, the first label being what makes it
    not trivial; `verdict` compares the two sides, `is_case` guards a case while it is shrunk.
    """

    name: str
    folder: str
    op: str
    share: int
    cases: st.SearchStrategy[Case]
    ours: Callable[[Case], Told]
    theirs: Callable[[Case, Told], Told]
    labels: tuple[str, ...]
    reached: Callable[[Told], tuple[bool, ...]]
    verdict: Callable[[Told, Told], str]
    is_case: Callable[[Case], bool]


def _exactly(ours: Told, theirs: Told) -> str:
    return EQUAL if same(ours, theirs) else DIFFERENT


def _deliveries(ours: Told, theirs: Told) -> str:
    return EQUAL if compare_deliveries.agree_on_deliveries(ours, theirs) else DIFFERENT


def _equal_or_refused(ours: Told, theirs: Told) -> str:
    """Take what is not simulated for what it is: it is said, and nothing is rendered wrongly."""
    if same(ours, theirs):
        return EQUAL
    return REFUSED if ours.get("thrown", ("",))[0] == "NotSimulated" else DIFFERENT


def _trigger_reached(theirs: Told) -> tuple[bool, ...]:
    matched = theirs.get("matched", ())
    return "matched" in theirs, any(m is True for m in matched)


def _is_trigger(case: Case) -> bool:
    return isinstance(case["text"], str) and isinstance(case["events"], list)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_field_case(case: Case) -> bool:
    return _is_object(case["event"])


def _is_delivery(case: Case) -> bool:
    settings = case["settings"]
    return (
        _is_object(settings)
        and isinstance(settings.get("subscriptions"), list)
        and all(map(_is_subscription, settings["subscriptions"]))
        and (
            _is_object(case["event"])
            or all(each["mapping"] == {} for each in settings["subscriptions"])
        )
        and ("replies" not in case or _are_replies(case["replies"]))
    )


def _are_replies(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(reply in REPLIES for reply in value)


def _is_subscription(value: Any) -> bool:
    return (
        _is_object(value)
        and all(isinstance(value.get(name), str) for name in ("subscribe", "partnerAction"))
        and "mapping" in value
    )


def _is_template(case: Case) -> bool:
    mapping = case["mapping"]
    field = mapping.get("a") if _is_object(mapping) else None
    return _is_object(case["event"]) and isinstance(field, dict) and "@liquid" in field


KINDS: tuple[Kind, ...] = (
    Kind(
        name="triggers",
        folder="triggers",
        op="trigger",
        share=30,
        cases=TRIGGERS,
        ours=compare.ours_trigger,
        theirs=compare.theirs_trigger,
        labels=("parsed", "matched"),
        reached=_trigger_reached,
        verdict=_exactly,
        is_case=_is_trigger,
    ),
    Kind(
        name="fields",
        folder="fields",
        op="transform",
        share=30,
        cases=FIELDS,
        ours=compare.ours_fields,
        theirs=compare.theirs_fields,
        labels=("resolved",),
        reached=lambda theirs: ("value" in theirs,),
        verdict=_exactly,
        is_case=_is_field_case,
    ),
    Kind(
        name="deliveries",
        folder="payloads",
        op="onEvent",
        share=20,
        cases=DELIVERIES,
        ours=compare_deliveries.ours_deliveries,
        theirs=compare_deliveries.theirs_deliveries,
        labels=("sent", "several requests"),
        reached=lambda theirs: (bool(theirs["requests"]), len(theirs["requests"]) > 1),
        verdict=_deliveries,
        is_case=_is_delivery,
    ),
    Kind(
        name="dates",
        folder="dates",
        op="date",
        share=15,
        cases=DATES,
        ours=compare.ours_date,
        theirs=compare.theirs_date,
        labels=("accepted", "a time sent"),
        reached=lambda theirs: (
            "problems" not in theirs,
            "problems" not in theirs and theirs["unix"] is not None,
        ),
        verdict=_exactly,
        is_case=lambda _case: True,
    ),
    Kind(
        name="liquid",
        folder="liquid",
        op="transform",
        share=5,
        cases=LIQUID_AND_ZONES,
        ours=compare.ours_fields,
        theirs=compare.theirs_fields,
        labels=("rendered",),
        reached=lambda theirs: ("value" in theirs,),
        verdict=_equal_or_refused,
        is_case=_is_template,
    ),
)


def our_answer(kind: Kind, case: Case) -> Told:
    """Give the mapper's answer; a crash is an answer too, and a wrong one."""
    try:
        return kind.ours(case)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told as a disagreement
        return {"crashed": f"{type(error).__name__}: {error}"}


def kind_of_folder(folder: str) -> Kind:
    """Give the kind whose cases the folder holds; raises KeyError for any other folder."""
    return {kind.folder: kind for kind in KINDS}[folder]
