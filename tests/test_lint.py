"""Lint: what it says of traps, of Segment's own triggers, and of what is all right."""

import json
from pathlib import Path

import pytest

from sandbox import PRESETS, Mapping, map_event
from sandbox.lint import RULES, Draft, lint, lint_trigger, selected
from sandbox.segment.pipeline import Mapped

LINT_CASES = Path(__file__).parent.parent / "fixtures" / "cases" / "lint"
TRAPS = json.loads((LINT_CASES / "traps.json").read_text())
SEGMENTS = json.loads((LINT_CASES / "segments_triggers.json").read_text())
FIELDS = {
    "userId": {"@path": "$.userId"},
    "eventName": {"@path": "$.event"},
    "timestamp": {"@path": "$.timestamp"},
}
SOUND = [
    'type = "track"',
    'type="track"',
    'type = "track" and (event = "A" or event = "B")',
    'type = "track" and event = "A" and properties.total >= 100',
    '(event contains "Order" or event contains "Cart") and properties.plan != null',
    'type = "identify" and (contains(traits.email, "@example.com"))',
    'match(event, "Order*")',
    'match(event, "*Completed")',
    '!contains(event, "test") and userId != null',
    "properties.test = false",
    "properties.ratio < 0.5 or properties.ratio > 1.5",
    'type = "track" and properties.seats > 1 and properties.seats < 2',
    "type = track or type = page",
    'name != null and context.app.name = "shop"',
]


def codes(findings):
    return [finding.code for finding in findings]


def one(text):
    (finding,) = lint_trigger(text)
    return finding


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_speaks_on_its_witness(rule):
    witness = rule.witness
    drafts = [
        Draft(f"mapping {number}", witness.action, trigger, fields)
        for number, (trigger, fields) in enumerate(witness.mappings)
    ]

    assert rule.code in codes(lint(drafts, [witness.event]))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_mapper_does_on_every_witness_what_the_rule_says(rule):
    witness = rule.witness

    sent = [
        item
        for number, (trigger, fields) in enumerate(witness.mappings)
        if (mapping := Draft(f"m{number}", witness.action, trigger, fields).mapping())
        for outcome in map_event(witness.event, [mapping], "observed")
        if isinstance(outcome, Mapped)
        for items in outcome.request.json.values()
        for item in items
    ]

    assert sent == list(witness.sent)


def test_codes_and_names_are_unique_and_in_order():
    listed = [rule.code for rule in RULES]

    assert listed == sorted(set(listed))
    assert len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap["trap"])
def test_a_planted_trap_is_found(trap):
    fields = trap.get("fields", FIELDS)
    drafts = [Draft("mapping", "sendEvents", trap["trigger"], fields)]
    if "other" in trap:
        drafts.append(Draft("other", "sendEvents", trap["other"], FIELDS))

    assert trap["code"] in codes(lint(drafts, trap.get("events", [])))


def test_there_are_more_than_forty_planted_traps_and_one_for_each_rule():
    assert len(TRAPS) >= 40
    assert {trap["code"] for trap in TRAPS} == {rule.code for rule in RULES}


@pytest.mark.parametrize("case", SEGMENTS, ids=lambda case: case["trigger"][:60])
def test_lint_says_of_segments_own_triggers_what_was_checked_by_hand(case):
    assert codes(lint_trigger(case["trigger"])) == case["codes"]


def test_segments_own_triggers_are_all_those_of_its_presets():
    assert sum(case["presets"] for case in SEGMENTS) == 565
    assert len(SEGMENTS) == 181


@pytest.mark.parametrize("text", SOUND)
def test_lint_is_silent_on_what_means_what_it_says(text):
    assert lint_trigger(text) == ()


def test_lint_is_silent_on_the_presets():
    assert lint(PRESETS) == ()


def test_a_finding_has_its_place_its_meaning_and_what_was_meant():
    finding = one("type = 'track'")

    assert finding.code == "TS101"
    assert "type = 'track'"[finding.start : finding.end] == "'track'"
    assert finding.meaning == "type = \"'track'\""
    assert finding.rewrite.text == 'type = "track"'
    assert finding.rewrite.same is False
    assert finding.rewrite.example == {"type": "track"}


def test_a_rewrite_that_changes_nothing_is_named_the_same():
    finding = one('type = "track" AND event = "Signed Up"')

    assert finding.code == "TS104"
    assert finding.rewrite.text == 'type = "track" and event = "Signed Up"'
    assert finding.rewrite.same is True
    assert finding.rewrite.example is None


@pytest.mark.parametrize(
    ("text", "rewrite"),
    [
        pytest.param(
            'type = "track" or type = "page" and name = "Home"',
            'type = "track" or (type = "page" and name = "Home")',
            id="and binds tighter",
        ),
        pytest.param(
            'type = "track" and (contains(event, "a") or contains(event, "b"))',
            'type = "track" and (event contains "a" or event contains "b")',
            id="calls in parentheses become operators",
        ),
        pytest.param("properties.a>=5", "properties.a >= 5", id="spaces"),
        pytest.param('match(event, "*x*")', 'contains(event, "x")', id="stars at both ends"),
        pytest.param("properties.t != true", "properties.t = false", id="not true"),
        pytest.param(
            '!(type = "a" or event = "b")',
            'type != "a" and event != "b"',
            id="negation goes inside",
        ),
        pytest.param(
            'type = "track" and ((event = "a" or event = "b") and userId != null)',
            'type = "track" and (event = "a" or event = "b") and userId != null',
            id="parentheses that can go",
        ),
        pytest.param(
            '(type = "a" and (event = "b" or event = "c")) or userId = "d"',
            '(type = "a" and event = "b") or (type = "a" and event = "c") or userId = "d"',
            id="parentheses multiplied out",
        ),
        pytest.param('type = "a" or "b"', 'type = "a" or type = "b"', id="a bare value"),
        pytest.param("event != null", 'contains(event, "")', id="any text"),
        pytest.param("type = “track”", 'type = "track"', id="typographic quotes"),
        pytest.param('type = "track", event = "x"', 'type = "track" and event = "x"', id="comma"),
    ],
)
def test_what_was_meant_is_written_so_that_segment_takes_it(text, rewrite):
    assert {finding.rewrite.text for finding in lint_trigger(text)} == {rewrite}


@pytest.mark.parametrize(
    "text", ['anonymousId = "a"', 'type = "track" and event = null', 'type = "track" and ()']
)
def test_no_rewrite_is_given_where_none_can_be_written(text):
    assert {finding.rewrite for finding in lint_trigger(text)} == {None}


def test_a_clause_that_changes_nothing_is_left_out_of_the_rewrite():
    finding = one('type = "track" and event = "A" and type != "page"')

    assert (finding.code, finding.rewrite.text) == ("TS114", 'type = "track" and event = "A"')
    assert finding.rewrite.same


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "properties.a > 5 and properties.a < 3",
            "`properties.a < 3` contradicts `properties.a > 5`, and both must hold: no event can "
            "make this trigger true, and the mapping takes none.",
            id="contradiction",
        ),
        pytest.param(
            'properties.a > "many"',
            'No event can make `properties.a > "many"` true.',
            id="a number of letters",
        ),
        pytest.param(
            'type != "track" or type != "page"',
            "Every event makes this trigger true; the mapping takes all of them.",
            id="always",
        ),
    ],
)
def test_what_can_never_be_true_or_false_is_said(text, message):
    assert message in [finding.message for finding in lint_trigger(text)]


def test_two_mappings_that_make_the_same_request_are_found_with_an_event():
    everything = Mapping("All", action="sendEvents", trigger='type = "track"', fields=FIELDS)
    orders = Mapping(
        "Orders",
        action="sendEvents",
        trigger='event = "Order Completed" and properties.total > 100',
        fields=FIELDS,
    )

    (finding,) = lint([everything, orders])

    assert (finding.code, finding.mapping) == ("TS201", "Orders")
    assert finding.message.startswith(
        "'All' and 'Orders' send the same event twice, for instance of "
        '{"type":"track","event":"Order Completed","properties":{"plan":"pro","total":101}}.'
    )


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"trigger": 'type = "page"'}, id="other events"),
        pytest.param({"fields": FIELDS | {"eventName": "Big order"}}, id="another request"),
        pytest.param({"enabled": False}, id="disabled"),
    ],
)
def test_mappings_that_send_nothing_twice_are_left_alone(other):
    first = Draft("First", "sendEvents", 'type = "track"', FIELDS)
    second = Draft(**{"name": "Second", "action": "sendEvents", "trigger": 'type = "track"',
                      "fields": FIELDS} | other)  # fmt: skip

    assert lint([first, second]) == ()


def test_a_path_none_of_the_events_has_is_named_with_the_nearest_that_is_there():
    mapping = Mapping(
        "Orders",
        action="sendEvents",
        trigger='type = "track" and properties.totl > 5',
        fields=FIELDS | {"accountId": {"@path": "$.context.group_id"}},
    )
    event = {"type": "track", "event": "E", "context": {"groupId": "g"}, "properties": {"total": 9}}

    (finding,) = lint([mapping], [event])

    assert finding.message == (
        "None of the 1 given events has properties.totl. Did you mean total?"
    )


def test_paths_of_events_the_mapping_does_not_take_are_not_looked_at():
    mapping = Mapping("Groups", action="sendAccountProfiles", trigger='type = "group"')

    assert lint([mapping], [{"type": "track", "event": "E"}]) == ()


def test_the_presets_own_paths_need_not_be_in_every_event():
    event = {"type": "track", "event": "E", "userId": "u", "timestamp": "2026-11-23T16:17:19Z"}

    assert lint(PRESETS, [event]) == ()


def test_rules_are_selected_and_ignored_by_the_beginning_of_their_codes():
    assert {rule.code[:3] for rule in selected(["TS2"], [])} == {"TS2"}
    assert [rule.code for rule in selected(["TS2"], ["TS201", "TS203"])] == ["TS202"]
    assert selected([], []) == RULES
    with pytest.raises(ValueError, match=r"no rule's code begins with 'TS9'\."):
        selected(["TS9"], [])


def test_an_ignored_rule_is_silent():
    assert codes(lint_trigger("type = 'Track'", rules=selected([], ["TS101"]))) == []
