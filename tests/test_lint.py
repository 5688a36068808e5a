"""Lint: what it says of traps, of Segment's own triggers, and of what is all right."""

import inspect
import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from sandbox import PRESETS, Mapping, map_event
from sandbox.explain import explain
from sandbox.lint import RULES, Draft, lint, lint_trigger, selected
from sandbox.lint.draft import DraftTrigger
from sandbox.lint.registry import MOST_TOLD
from sandbox.reasoning.arriving import arrive
from sandbox.reasoning.budget import STEPS_A_TRIGGER, limited
from sandbox.segment.pipeline import Mapped

ROOT = Path(__file__).parent.parent
LINT_CASES = ROOT / "fixtures" / "cases" / "lint"
TRAPS = json.loads((LINT_CASES / "traps.json").read_text())
WITNESSES = {trap["code"]: trap["witness"] for trap in TRAPS if "witness" in trap}
"""For each rule an event that shows what Segment does where it speaks."""
BY_VALUE = {"glued", "unknown", "and", "or", "template", "liquid"}
"""Messages that are named by a word of the trigger's or the fields'."""
SEGMENTS = json.loads((LINT_CASES / "segments_triggers.json").read_text())
CROWDED = WITNESSES["TS125"]["mappings"][0]["trigger"]
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


def witnessed(rule):
    """Return the witness of a rule, and its mappings as they are written."""
    witness = WITNESSES[rule.code]
    drafts = [
        Draft(f"mapping {number}", "sendEvents", mapping["trigger"], mapping["fields"])
        for number, mapping in enumerate(witness["mappings"])
    ]
    return witness, drafts


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_speaks_on_its_witness(rule):
    witness, drafts = witnessed(rule)

    assert rule.code in codes(lint(drafts, [witness["event"]]))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_mapper_does_on_every_witness_what_the_rule_says(rule):
    witness, drafts = witnessed(rule)

    sent = [
        item
        for draft in drafts
        if draft.mapping
        for outcome in map_event(witness["event"], [draft.mapping], "observed")
        if isinstance(outcome, Mapped)
        for items in outcome.request.json.values()
        for item in items
    ]

    assert sent == witness["sent"]
    if "dropped" in witness:
        assert arrive(witness["event"]).code == witness["dropped"]


def test_every_message_of_the_table_is_one_that_its_rule_names():
    table = tomllib.loads((ROOT / "sandbox" / "lint" / "messages.toml").read_text())
    checks = {rule.code: inspect.getsource(inspect.getmodule(rule.check)) for rule in RULES}

    assert [
        f"{code}.{name}"
        for code, messages in table.items()
        for name in messages
        if name != "text" and name not in BY_VALUE and f'"{name}"' not in checks[code]
    ] == []


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

    found = [each for each in lint(drafts, trap.get("events", [])) if each.code == trap["code"]]

    assert found != []
    assert [each.message for each in found if " " not in each.message] == []  # a sentence, no key


def test_there_are_more_than_forty_planted_traps_and_one_for_each_rule():
    assert len(TRAPS) >= 40
    assert {trap["code"] for trap in TRAPS} == {rule.code for rule in RULES}
    assert WITNESSES.keys() == {rule.code for rule in RULES}


@pytest.mark.parametrize("value", ["true", "shop", '"shop"', "5"])
def test_a_comparison_with_an_unknown_name_is_one_finding_with_its_value(value):
    text = f'type = "track" and integrations.All = {value}'

    finding = one(text)

    assert finding.code == "TS103"
    assert text[finding.start : finding.end] == f"integrations.All = {value}"


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
            "`properties.a < 3` contradicts `properties.a > 5`, and both must be true: no event "
            "can make this trigger true, so the mapping takes none.",
            id="contradiction",
        ),
        pytest.param(
            'properties.a > "many"',
            'No event can make `properties.a > "many"` true.',
            id="a number of letters",
        ),
        pytest.param(
            'type != "track" or type != "page"',
            "Every event makes this trigger true, so the mapping takes all events.",
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
        "'All' and 'Orders' send the same event twice, for instance for "
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
    with pytest.raises(ValueError, match=r"no rule's code starts with 'TS9'\."):
        selected(["TS9"], [])


def test_an_ignored_rule_is_silent():
    assert codes(lint_trigger("type = 'Track'", rules=selected([], ["TS101"]))) == []


LARGE = {
    "equal clauses": " and ".join(['type = "track"'] * 100),
    "other clauses about one place": " and ".join(f"properties.n > {n}" for n in range(100)),
    "alternatives": " or ".join(f'event = "e{n}"' for n in range(1000)),
    "clauses": " and ".join(f'properties.a{n} != "x"' for n in range(1000)),
    "groups": " and ".join(f"(properties.a{n} = 1 or traits.a{n} = 1)" for n in range(300)),
    "single quotes": " or ".join(f"event = 'e{n}'" for n in range(1000)),
    "quotes": "type = " + "'" * 8000,
    "texts": "'' " * 4000 + 'type = "a"',
    "parentheses": "(" * 8000,
    "parentheses behind": 'type = "a" ' + ")" * 8000,
    "nested parentheses": "(" * 4000 + 'type = "a"' + ")" * 4000,
    "empty parentheses": "() " * 4000 + 'type = "a"',
    "calls": '(contains(event, "a") or event = "b") and ' * 200 + 'type = "x"',
    "unknown names": "foo = 1 and " * 2000 + 'type = "a"',
    "negations": "not " * 8_000,
    "commas": "," * 10_000 + 'type = "a"',
    "dots": f"properties{'.a' * 10_000} = 1",
}


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE)
def test_a_large_trigger_costs_a_bounded_number_of_steps(text):
    with limited() as budget:
        findings = lint_trigger(text)
        if not DraftTrigger(text).error:
            explain({"type": "page"}, Mapping("m", action="sendEvents", trigger=text))

    assert budget.spent <= 6 * STEPS_A_TRIGGER
    assert len(findings) <= 2 * MOST_TOLD + 3


def test_what_is_too_large_is_a_finding_beside_what_was_found():
    findings = lint_trigger(f"{CROWDED} and event = 'E'")

    assert codes(findings) == ["TS125", "TS101"]
    assert "too large to compare" in findings[0].message


@pytest.mark.laws
def test_thirty_thousand_fields_are_told_up_to_a_bound():
    fields = {f"field{n}": {"@path": f"$.field{n}"} for n in range(30_000)}
    draft = Draft("m", "sendEvents", 'type = "track"', fields)

    with limited() as budget:
        findings = lint([draft], [{"type": "track", "event": "E"}])

    unknown = [finding for finding in findings if finding.code == "TS301"]
    assert len(unknown) == MOST_TOLD
    assert unknown[-1].message.endswith("at most 100 are listed.")
    assert budget.spent < STEPS_A_TRIGGER


def test_lint_ends_when_nobody_waits_for_it_any_more():
    asked = []

    lint([Draft("m", "sendEvents", CROWDED)] * 50, cancelled=lambda: not asked.append(1))

    assert len(asked) <= 50


def test_two_mappings_of_one_name_are_told_apart_by_their_number():
    drafts = [
        Draft("Twin", "sendEvents", trigger, FIELDS)
        for trigger in ("type = 'track'", 'type = "identify"')
    ]

    assert [(f.mapping, f.number, f.code) for f in lint(drafts)] == [("Twin", 0, "TS101")]


def test_a_new_rule_is_one_file(tmp_path):
    copied = tmp_path / "sandbox"
    shutil.copytree(ROOT / "sandbox", copied, ignore=shutil.ignore_patterns("__pycache__"))
    (copied / "lint" / "rules" / "shouting.py").write_text(
        "from sandbox.lint.registry import Note, trigger_rule\n"
        "@trigger_rule('TS199', 'shouting')\n"
        "def shouting(reading):\n"
        "    '''Nobody shouts.'''\n"
        "    if '!' in reading.text:\n"
        "        yield Note(message='Do not shout.', start=reading.text.index('!'))\n"
    )
    program = (
        "from sandbox.lint import RULES, lint_trigger\n"
        "print('TS199' in [rule.code for rule in RULES], lint_trigger('event = \"!\"')[0].code)"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout == "True TS199\n"
