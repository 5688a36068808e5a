"""The OpenAPI document: derived, well formed, and true in every example."""

import json
from itertools import product

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from mock_server.toplyne import answers
from sandbox.contract import check_item, check_upload
from sandbox.contract.schemas import example_of
from sandbox.openapi import openapi, operation_id
from sandbox.toplyne import TOPLYNE

RULES = ("documented", "observed")
DOCUMENTS = {rules: openapi(TOPLYNE, rules=rules) for rules in RULES}
ROOT = "urn:openapi"
STATUSES = ["202", "400", "401", "403", "404", "405", "413", "415", "500", "503"]


def resolved(document, node):
    while "$ref" in node:
        found = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def validator(document, schema):
    registry = Registry().with_resource(ROOT, DRAFT202012.create_resource(document))
    return Draft202012Validator(absolute(schema), registry=registry)


def absolute(node):
    if isinstance(node, dict):
        return {
            key: f"{ROOT}{value}" if key == "$ref" else absolute(value)
            for key, value in node.items()
        }
    return [absolute(item) for item in node] if isinstance(node, list) else node


def nodes(node):
    yield node
    for child in node.values() if isinstance(node, dict) else node:
        if isinstance(child, dict | list):
            yield from nodes(child)


def media_types(document):
    """Every place with a schema and examples, by the path of its operation and its status."""
    for path, item in document["paths"].items():
        for operation in item.values():
            if "requestBody" in operation:
                yield path, "request", operation["requestBody"]["content"]["application/json"]
            for status, response in operation["responses"].items():
                content = resolved(document, response)["content"]
                yield path, status, content["application/json"]


MEDIA_TYPES = [
    pytest.param(document, media, id=f"{rules}{path}:{status}")
    for rules, document in DOCUMENTS.items()
    for path, status, media in media_types(document)
]


@pytest.mark.parametrize(("document", "media"), MEDIA_TYPES)
def test_every_example_holds_to_its_schema(document, media):
    examples = [example["value"] for example in media["examples"].values()]

    assert examples
    for example in examples:
        errors = [e.message for e in validator(document, media["schema"]).iter_errors(example)]
        assert errors == []


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("upload", TOPLYNE.uploads, ids=lambda upload: upload.endpoint.path)
def test_every_request_example_is_taken_by_the_contract(upload, rules):
    operation = DOCUMENTS[rules]["paths"][f"/v1{upload.endpoint.path}"]["post"]
    examples = operation["requestBody"]["content"]["application/json"]["examples"]

    for name, example in examples.items():
        assert check_upload(upload, example["value"], rules=rules) == (), name


@pytest.mark.parametrize("rules", RULES)
def test_every_schema_is_json_schema_2020_12_and_every_reference_leads_somewhere(rules):
    document = DOCUMENTS[rules]

    for node in nodes(document):
        if isinstance(node, dict) and "$ref" in node:
            assert isinstance(resolved(document, node), dict), node["$ref"]
        if isinstance(node, dict) and "schema" in node:
            Draft202012Validator.check_schema(node["schema"])
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("rules", RULES)
def test_the_paths_are_as_on_the_wire_below_the_root(rules):
    document = DOCUMENTS[rules]

    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "/"}]
    assert {path: list(item) for path, item in document["paths"].items()} == {
        "/v1/auth/me": ["get"],
        "/v1/upload/users/profiles": ["post"],
        "/v1/upload/accounts/profiles": ["post"],
        "/v1/upload/events": ["post"],
        "/v1/upload/accounts/events": ["post"],
    }


def test_every_upload_says_what_it_can_be_answered_with():
    for path, item in DOCUMENTS["documented"]["paths"].items():
        statuses = list(next(iter(item.values()))["responses"])
        if path == "/v1/auth/me":
            assert statuses == ["200", "401", "403", "404", "405", "500", "503"]
        else:
            assert statuses == STATUSES


def test_operation_ids_are_unique_and_are_the_actions_keys():
    ids = [
        operation["operationId"]
        for item in DOCUMENTS["documented"]["paths"].values()
        for operation in item.values()
    ]

    assert ids == ["auth", "sendUserProfiles", "sendAccountProfiles", "sendEvents", "accountEvents"]
    assert [operation_id(a.name) for a in TOPLYNE.actions] == [a.key for a in TOPLYNE.actions]


def test_a_bearer_token_is_asked_for_everywhere():
    document = DOCUMENTS["documented"]

    assert document["security"] == [{"token": []}]
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_the_server_can_be_named():
    assert openapi(TOPLYNE, rules="documented", server="http://127.0.0.1:8020")["servers"] == [
        {"url": "http://127.0.0.1:8020"}
    ]


def test_the_sandbox_itself_is_not_in_it():
    for document in DOCUMENTS.values():
        text = str(document).lower()
        assert "sandbox" not in text
        assert "/v1/track" not in text
        assert "/_" not in text


def test_the_two_readings_give_two_documents_that_say_which_they_are():
    documented, observed = (DOCUMENTS[rules] for rules in RULES)

    assert documented["info"]["description"].startswith("Rules: documented,")
    assert observed["info"]["description"].startswith("Rules: observed,")
    schemas = [document["components"]["schemas"] for document in (documented, observed)]
    assert schemas[0]["SendEventsWithUserId"]["properties"]["timestamp"]["type"] == "integer"
    assert schemas[1]["SendEvents"]["properties"]["timestamp"]["type"] == ["number", "null"]


@pytest.mark.parametrize("rules", RULES)
def test_an_item_of_the_document_is_what_the_contract_accepts(rules):
    schemas = DOCUMENTS[rules]["components"]["schemas"]

    for upload in TOPLYNE.uploads:
        name = operation_id(upload.name)
        reference = {"$ref": f"#/components/schemas/{name[0].upper()}{name[1:]}"}
        document = Draft202012Validator({**reference, "components": {"schemas": schemas}})
        whole = {field.key: example_of(field) for field in upload.fields}
        for left_out in product([False, True], repeat=len(whole)):
            pairs = zip(whole.items(), left_out, strict=True)
            item = {key: value for (key, value), out in pairs if not out}
            assert document.is_valid(item) is (check_item(upload, item, rules=rules) == ())


def test_rules_stand_in_the_description_with_their_evidence():
    description = DOCUMENTS["observed"]["info"]["description"]

    assert (
        "* A body of another structure is answered 500."
        " Evidence: recorded (one recorded answer of the real API)."
    ) in description
    assert "Times are Unix seconds without a fraction." not in description


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 415, 500, 503])
def test_what_the_mock_answers_is_what_the_document_says(status):
    document = DOCUMENTS["documented"]
    response = document["components"]["responses"][str(status)]
    body = json.loads(answers.error_body(status, "A sentence."))
    example = response["content"]["application/json"]["examples"]["refused"]["value"]

    assert validator(document, {"$ref": "#/components/schemas/Error"}).is_valid(body)
    assert body["error"]["code"] == example["error"]["code"]
    assert list(body) == list(example)
    assert list(body["error"]) == list(example["error"])


@pytest.mark.parametrize("rules", RULES)
def test_titles_are_unique_because_generated_clients_name_their_classes_by_them(rules):
    schemas = DOCUMENTS[rules]["components"]["schemas"].values()
    titles = [schema["title"] for schema in schemas if "title" in schema]

    assert len(set(titles)) == len(titles) > 3
