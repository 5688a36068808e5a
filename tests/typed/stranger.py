"""A stranger's file: what a type checker makes of the public names, under its strictest rules."""

from typing import Literal, assert_type

import mock_server
from mock_server import Limits, MockServer, create_app
from sandbox import (
    MISSING,
    PRESETS,
    TOPLYNE,
    Delivery,
    Destination,
    InvalidMapping,
    InvalidTrigger,
    Json,
    Mapped,
    Mapping,
    Outcome,
    Problem,
    Rejected,
    Rules,
    Skipped,
    Thrown,
    Workspace,
    check_fields,
    deliver,
    map_event,
    parse_trigger,
    refuse_suspicious,
    resolve,
)
from sandbox.explain import explain, to_json
from sandbox.lint import Finding, lint
from sandbox.upload_types import Event, Profile
from sandbox.values import Missing, ProblemJson
from sandbox.wire_types import EntryJson, ExplanationJson, MessageJson, SuspicionJson

EVENT: dict[str, object] = {"type": "track", "event": "Signed Up", "userId": "u1"}
RULES: Rules = "observed"


def outcomes() -> None:
    found = map_event(EVENT, PRESETS, RULES)
    assert_type(found, list[Outcome])
    for outcome in found:
        match outcome:
            case Mapped():
                assert_type(outcome.request.path, str)
                assert_type(outcome.request.json["events"][0]["eventName"], Json)
                refuse_suspicious(outcome.request)
            case Skipped():
                assert_type(outcome.reason, str)
            case Rejected():
                assert_type(outcome.problems, tuple[Problem, ...])
                assert_type(outcome.problems[0].path, str)
                assert_type(outcome.problems[0].to_json(), ProblemJson)


def configuration(workspace: Workspace) -> None:
    try:
        mapping = Mapping("Big", action="sendEvents", trigger='type = "track"', fields={"a": 1})
        check_fields(mapping.fields)
        assert_type(parse_trigger("x").matches(EVENT), bool)
        assert_type(resolve({}, EVENT), Json | Missing)
        assert_type(explain(EVENT, mapping).outcome, Outcome)
        explained = to_json(explain(EVENT, mapping))
        assert_type(explained, ExplanationJson)
        assert_type(explained["outcome"], Literal["mapped", "skipped", "rejected"])
        assert_type(explained["suspicions"], list[SuspicionJson])
        assert_type(lint([mapping]), tuple[Finding, ...])
        assert_type(lint([mapping])[0].path, str)
    except InvalidTrigger as error:
        assert_type(error.position, int)
    except InvalidMapping as error:
        assert_type(error.problems[0].message, str)
    except Thrown as thrown:
        assert_type(thrown.name, str)
    assert_type(workspace.sources[0].write_key, str)
    assert_type(TOPLYNE.actions[0].fields[0].key, str)
    assert MISSING is not None


def mock() -> None:
    with MockServer(limits=Limits()) as toplyne:
        destination = Destination(api_key=toplyne.token, base_url=toplyne.api_url)
        assert_type(destination.send(EVENT), list[Delivery | Skipped | Rejected])
        assert_type(toplyne.events, list[Event])
        assert_type(toplyne.events[0]["eventName"], str)
        assert_type(toplyne.profiles, list[Profile])
        assert_type(toplyne.profiles[0].get("userId"), str | None)
        assert_type(toplyne.entries, list[EntryJson])
        assert_type(toplyne.entries[0]["problems"], list[ProblemJson])
        assert_type(toplyne.ledger, list[MessageJson])
        assert_type(toplyne.ledger[0]["deliveries"][0]["code"], str)
    create_app()
    assert mock_server.__all__


def delivered(outcome: Mapped) -> None:
    sent = deliver(outcome.request, api_key="k", base_url="http://127.0.0.1/v1")
    assert_type(sent.status, int | None)
    assert_type(sent.json, Json)


# Each line is wrong, and must be told so: an ignore that nothing needs is an error, too.
Mapping("Big", action=5, trigger="x")  # type: ignore[arg-type]
map_event(EVENT, rules="strict")  # type: ignore[arg-type]
explain(EVENT)  # type: ignore[call-arg]
MockServer(rules="strict")  # type: ignore[arg-type]
Profile(userId="u", creationTime="now")  # type: ignore[typeddict-item]
