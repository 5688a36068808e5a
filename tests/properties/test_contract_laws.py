"""Laws of the contract: the quick check, its explanation and jsonschema always agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sandbox.contract import check_item, check_upload, payload_schema, upload_schema
from sandbox.contract.explain import _Explaining
from sandbox.contract.schemas import full_schemas
from sandbox.contract.upload_contract import compile_quick
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


def full_schema(upload, rules):
    return {"anyOf": list(full_schemas(upload, rules).values())}


@BOTH
@given(given_=uploads_and_items)
def test_the_quick_check_accepts_exactly_the_items_jsonschema_accepts(given_, rules):
    upload, item = given_
    valid = Draft202012Validator(payload_schema(upload, rules)).is_valid(item)

    assert compile_quick(upload, rules)(item) is valid
    assert (check_item(upload, item, rules=rules) == ()) is valid


@BOTH
@given(given_=uploads_and_bodies)
def test_the_check_accepts_exactly_the_bodies_jsonschema_accepts(given_, rules):
    upload, body = given_
    valid = Draft202012Validator(upload_schema(upload, rules)).is_valid(body)

    assert (check_upload(upload, body, rules=rules) == ()) is valid


@BOTH
@given(given_=uploads_and_items)
def test_the_full_objects_accept_what_the_flat_schema_accepts(given_, rules):
    upload, item = given_
    flat = Draft202012Validator(payload_schema(upload, rules)).is_valid(item)

    assert Draft202012Validator(full_schema(upload, rules)).is_valid(item) is flat


@BOTH
@given(given_=uploads_and_items)
def test_our_keywords_find_what_jsonschemas_own_find(given_, rules):
    upload, item = given_
    schema = payload_schema(upload, rules)
    naming = {"required", "additionalProperties", "anyOf"}

    def found(errors):
        return {
            (error.validator, *(() if error.validator in naming else error.path))
            for error in errors
        }

    ours = _Explaining(schema).iter_errors(item)
    assert found(ours) == found(Draft202012Validator(schema).iter_errors(item))


@BOTH
@given(given_=uploads_and_bodies)
def test_a_body_breaks_the_rules_its_items_break(given_, rules):
    upload, body = given_
    if not isinstance(body, dict) or not isinstance(body.get(upload.endpoint.envelope), list):
        return

    listed = body[upload.endpoint.envelope]
    of_items = [
        (problem.under(upload.endpoint.envelope, index).path, problem.message)
        for index, item in enumerate(listed)
        for problem in check_item(upload, item, rules=rules)
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
def test_every_problem_says_what_was_there_and_names_a_declared_rule(given_, rules):
    upload, body = given_
    declared = {rule.key for rule in TOPLYNE.rules if rules in rule.under}

    for problem in check_upload(upload, body, rules=rules):
        assert problem.rule in declared
        assert problem.path.startswith("$")
        assert problem.found
        assert problem.expected
        assert problem.message.endswith((".", "?"))
        assert "\n" not in problem.message
