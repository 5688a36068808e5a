"""Laws of the contract: verdict, faults, explanation and jsonschema always agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sandbox.contract import check_item, check_upload, payload_schema, upload_schema
from sandbox.contract.faults import compile_faults
from sandbox.contract.schemas import body_schema
from sandbox.contract.verdict import compile_verdict
from sandbox.toplyne import TOPLYNE

RULES = ("documented", "observed")
BOTH = pytest.mark.parametrize("rules", RULES)
UPLOADS = st.sampled_from(TOPLYNE.uploads)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([0, -1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 1e19, -0.0, 1.0, 1e9])
    | st.floats(allow_nan=False)
    | st.text(max_size=3)
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
keys = st.sampled_from(
    [*{f.key: f for u in TOPLYNE.uploads for f in u.fields}, "dynamicAuthSettings", "x", ""]
)


def right_values(field):
    return {
        "string": st.text(min_size=1, max_size=3),
        "datetime": st.integers(-(2**63), 2**63 - 1),
        "object": st.dictionaries(st.text(max_size=2), scalars, max_size=2),
    }[field.type]


@st.composite
def items(draw, upload):
    """Items that are right, but for a few things that are perhaps not."""
    item = {field.key: draw(right_values(field)) for field in upload.fields}
    for key in draw(st.lists(st.sampled_from(sorted(item)), max_size=3)):
        item.pop(key, None)
    item |= draw(st.dictionaries(keys, json_values, max_size=2))
    return draw(st.just(item) | json_values) if draw(st.integers(0, 9)) == 0 else item


@st.composite
def bodies(draw, upload):
    """Bodies that are right, but for a few things that are perhaps not."""
    body = {upload.endpoint.envelope: draw(st.lists(items(upload), min_size=1, max_size=4))}
    match draw(st.integers(0, 9)):
        case 0:
            return draw(json_values)
        case 1:
            return body | draw(st.dictionaries(st.sampled_from(["x", "events"]), json_values))
    return body


uploads_and_items = UPLOADS.flatmap(lambda upload: st.tuples(st.just(upload), items(upload)))
uploads_and_bodies = UPLOADS.flatmap(lambda upload: st.tuples(st.just(upload), bodies(upload)))


@BOTH
@given(given_=uploads_and_items)
def test_an_item_is_judged_as_jsonschema_judges_it(given_, rules):
    upload, item = given_
    valid = Draft202012Validator(payload_schema(upload, rules)).is_valid(item)

    assert compile_verdict(payload_schema(upload, rules))(item) is valid
    assert (check_item(upload, item, rules=rules) == ()) is valid


@BOTH
@given(given_=uploads_and_bodies)
def test_a_body_is_judged_as_jsonschema_judges_it(given_, rules):
    upload, body = given_
    valid = Draft202012Validator(upload_schema(upload, rules)).is_valid(body)

    assert compile_verdict(upload_schema(upload, rules))(body) is valid
    assert (check_upload(upload, body, rules=rules) == ()) is valid


def jsonschema_faults(schema, value):
    """Return each broken keyword as jsonschema finds it, one of a kind once, with its member."""
    found = {}
    for error in Draft202012Validator(schema).iter_errors(value):
        key = error.absolute_path[0] if error.absolute_path else None
        says, broken = error.validator_value, error.instance
        found.setdefault(tuple(error.absolute_schema_path), (key, error.validator, says, broken))
    return list(found.values())


def our_faults(schema, value):
    return [(f.key, f.keyword, f.says, f.value) for f in compile_faults(schema)(value)]


@BOTH
@given(given_=uploads_and_items)
def test_an_item_has_the_faults_jsonschema_finds_in_their_order(given_, rules):
    upload, item = given_
    schema = payload_schema(upload, rules)

    assert our_faults(schema, item) == jsonschema_faults(schema, item)


@given(given_=uploads_and_bodies, max_items=st.integers(1, 3))
def test_a_body_has_the_faults_jsonschema_finds_in_their_order(given_, max_items):
    upload, body = given_
    schema = body_schema(upload, max_items=max_items)

    assert our_faults(schema, body) == jsonschema_faults(schema, body)


def test_a_choice_of_several_pairs_has_the_faults_jsonschema_finds():
    pairs = [{"anyOf": [{"required": [a]}, {"required": [b]}]} for a, b in ("ab", "cd")]
    schema = {"type": "object", "allOf": pairs}

    for value in ({}, {"a": 1}, {"c": 1}, {"b": 1, "d": 1}, []):
        assert our_faults(schema, value) == jsonschema_faults(schema, value)


def test_members_that_are_structures_have_no_report():
    nested = {"properties": {"a": {"properties": {"b": {"type": "string"}}}}}

    with pytest.raises(ValueError, match="properties"):
        compile_faults(nested)


@BOTH
@given(given_=uploads_and_bodies)
def test_a_body_breaks_the_rules_its_items_break(given_, rules):
    upload, body = given_
    if not isinstance(body, dict) or not isinstance(body.get(upload.endpoint.envelope), list):
        return

    listed = body[upload.endpoint.envelope]
    of_items = [
        (f"$.{upload.endpoint.envelope}[{index}]{violation.path[1:]}", violation.message)
        for index, item in enumerate(listed)
        for violation in check_item(upload, item, rules=rules)
    ]

    found = [(v.path, v.message) for v in check_upload(upload, body, rules=rules)]
    assert [place for place in found if "[" in place[0]] == of_items


@given(given_=uploads_and_bodies)
def test_what_is_documented_is_also_observed(given_):
    upload, body = given_

    if check_upload(upload, body, rules="documented") == ():
        assert check_upload(upload, body, rules="observed") == ()


@BOTH
@given(given_=uploads_and_bodies)
def test_every_violation_says_what_was_there_and_names_a_declared_rule(given_, rules):
    upload, body = given_
    declared = {rule.key for rule in TOPLYNE.rules if rules in rule.under}

    for violation in check_upload(upload, body, rules=rules):
        assert violation.rule in declared
        assert violation.path.startswith("$")
        assert violation.found
        assert violation.expected
        assert violation.message.endswith((".", "?"))
        assert "\n" not in violation.message


numbers = st.integers(-3, 3)
schemas = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(
                ["string", "number", "integer", "array", "object", "boolean", "null"]
            )
            | st.lists(st.sampled_from(["string", "integer", "null", "object"]), min_size=1),
            "minLength": st.integers(0, 2),
            "minimum": numbers,
            "maximum": numbers,
            "minItems": st.integers(0, 2),
            "maxItems": st.integers(0, 2),
            "required": st.lists(st.sampled_from("ab"), max_size=2, unique=True),
            "additionalProperties": st.booleans(),
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["array", "object", "string"]),
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
            "items": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=3),
            "allOf": st.lists(inner, min_size=1, max_size=3),
            "required": st.lists(st.sampled_from("ab"), max_size=2, unique=True),
            "additionalProperties": st.booleans(),
        },
    ),
    max_leaves=4,
)
small_values = st.recursive(
    st.none()
    | st.booleans()
    | numbers
    | st.sampled_from([0.5, 1.0, -9.5])
    | st.text("xy", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3)
    ),
    max_leaves=4,
)


@given(schema=schemas, value=small_values)
def test_any_schema_of_the_known_keywords_is_judged_as_jsonschema_judges_it(schema, value):
    assert compile_verdict(schema)(value) is Draft202012Validator(schema).is_valid(value)
