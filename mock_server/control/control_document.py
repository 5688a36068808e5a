"""Control document: `/_sandbox` as an OpenAPI 3.1 document, from what its resources declare.

Paths, methods and parameters are the resources' own; the shapes of what they answer are the typed
dictionaries that are told everywhere. What has no shape of its own here is a free object.
"""

import re
import sys
from typing import Any, Final, Literal, NotRequired, get_args, get_origin, is_typeddict

from mock_server.control.live_resource import MOST_ASKED
from mock_server.control.query import MOST_SECONDS, PAGING
from mock_server.control.question_schemas import (
    BODY,
    FREE,
    TEXT,
    TRIED,
    WHOLE,
    Schema,
    list_of,
    object_of,
    or_null,
    ref,
)
from mock_server.control.resource import Resource, resources
from mock_server.routes import CONTROL, ROUTES
from mock_server.segment.record import OUTCOMES
from mock_server.store.state import KINDS
from mock_server.store.waiting import COUNTED
from mock_server.toplyne.fault import MOST_SECONDS as MOST_DELAY
from mock_server.toplyne.fault import WIRES
from sandbox.contract.answer_schemas import error_schema
from sandbox.segment.javascript import Json
from sandbox.wire_types import EntryJson, MessageJson

_OF_15_DIGITS: Final[Schema] = {**WHOLE, "maximum": 10**15 - 1}
_PLAIN: Final[dict[Any, Schema]] = {
    str: TEXT,
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    type(None): {"type": "null"},
}


def _seconds(most: float) -> Schema:
    return {"type": "number", "minimum": 0, "maximum": most}


_QUERY: Final[dict[str, Schema]] = {
    **dict.fromkeys((*COUNTED, "limit", "offset", "after"), _OF_15_DIGITS),
    "last": {**WHOLE, "maximum": MOST_ASKED},
    "order": {"type": "string", "enum": ["asc", "desc"]},
    "status": {"type": "string", "pattern": "^[1-5]([0-9]{2}|xx)$"},
    "drop": {"type": "boolean"},
    "changed": {"type": "boolean"},
    "outcome": {"type": "string", "enum": list(OUTCOMES)},
    "timeout": {**_seconds(MOST_SECONDS), "multipleOf": 0.001},
}
"""The parameters that are more than a string."""


def _paged(name: str, items: Schema) -> Schema:
    return object_of({name: list_of(items), "total": WHOLE, "dropped": WHOLE})


_PARTS: Final[Schema] = {
    "path": or_null({"type": "string", "enum": list(ROUTES)}),
    "times": or_null({"type": "integer", "minimum": 1}),
    "probability": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    "seed": WHOLE,
    "retry_after": or_null({"type": "integer", "minimum": 0, "maximum": 10**9}),
    "delay": _seconds(MOST_DELAY),
    "most_delay": or_null(_seconds(MOST_DELAY)),
    "bytes_per_second": or_null({"type": "integer", "minimum": 1}),
    "wire": {"type": "string", "enum": list(WIRES)},
    "stored": or_null({"type": "boolean"}),
}
_IN_PATH: Final[dict[str, Schema]] = {
    "number": {"type": "integer", "minimum": 1},
    "kind": {"type": "string", "enum": list(KINDS)},
}
_PAIRS: Final[Schema] = list_of({"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2})
_STATUS: Final[Schema] = {"type": "integer", "minimum": 200, "maximum": 599}
_TOKEN: Final[dict[str, Schema]] = {
    **dict.fromkeys(("name", "ending", "status", "created"), TEXT),
    **dict.fromkeys(("expires", "revoked"), or_null(TEXT)),
}
_SCHEMAS: Final[dict[str, Schema]] = {
    "Counts": object_of(dict.fromkeys(COUNTED, WHOLE)),
    "Summary": object_of(
        {
            "messages": WHOLE,
            "outcomes": {"type": "object", "additionalProperties": WHOLE},
            "waiting": WHOLE,
            "refused": WHOLE,
        }
    ),
    "Fault": object_of(
        {}, status=or_null({"type": "integer", "minimum": 400, "maximum": 599}), **_PARTS
    ),
    "AnswerToGive": object_of(
        {"status": _STATUS},
        headers={"type": "object", "additionalProperties": TEXT},
        body=BODY,
        **_PARTS,
    ),
    "Answer": object_of({"answer": ref("AnswerToGive")}),
    "Faults": object_of({"faults": list_of({"anyOf": [ref("Fault"), ref("Answer")]})}),
    "BadDay": object_of(
        {
            "bad_day": object_of(
                {},
                probability={"type": "number", "minimum": 1e-6, "maximum": 1},
                seed=WHOLE,
                path=_PARTS["path"],
            )
        }
    ),
    "WaitingFault": object_of(
        {"status": or_null(_STATUS), **_PARTS, "seen": WHOLE, "met": WHOLE},
        headers=_PAIRS,
        body=BODY,
    ),
    "Token": object_of(_TOKEN),
    "NewToken": object_of({"token": TEXT} | _TOKEN, write_key=TEXT),
    "Error": {
        **error_schema(),
        "properties": {**error_schema()["properties"], "problems": list_of(ref("ProblemJson"))},
    },
}
_FAULTS: Final = object_of({"faults": list_of(ref("WaitingFault")), "total": WHOLE})
_STEP: Final = dict.fromkeys(("number", "total"), WHOLE) | dict.fromkeys(("title", "caption"), TEXT)
_ANSWERS: Final[dict[str, Schema]] = {
    "entries": _paged("entries", ref("EntryJson")),
    "entry": ref("EntryJson"),
    "ledger": _paged("messages", ref("MessageJson")),
    "record": ref("MessageJson"),
    "summary": ref("Summary"),
    "flush": ref("Summary"),
    "wait": ref("Counts"),
    "reset": object_of({"reset": {"type": "boolean"}}),
    "faults": _FAULTS,
    "new_faults": _FAULTS,
    "no_faults": object_of({"cleared": WHOLE}),
    "state": _paged("items", FREE),
    "health": object_of(dict.fromkeys(("status", "version", "rules"), TEXT)),
    "tokens": object_of({"tokens": list_of(ref("Token"))}),
    "new_token": ref("NewToken"),
    "revoke_token": object_of({"revoked": WHOLE}),
    "start_demonstration": object_of({"token": TEXT} | _STEP),
    "demonstration": object_of(_STEP),
    "next_step": object_of(_STEP),
    "end_demonstration": object_of({"ended": {"type": "boolean"}}),
}
_CHOICES: Final = ("Fault", "Answer", "Faults", "BadDay")
_ASKED: Final[dict[str, Schema]] = {
    "new_faults": {"anyOf": [ref(name) for name in _CHOICES]},
    "no_faults": {"anyOf": [ref(name) for name in _CHOICES]},
    **TRIED,
    "new_token": object_of(
        {"name": {"type": "string", "pattern": "^[!-.0-~]{1,100}$"}},
        expires=or_null({"type": "string", "format": "date-time"}),
        source={"type": "boolean"},
    ),
}
_CREATED: Final = {
    "send_it",
    "new_faults",
    "new_token",
    "start_demonstration",
    "add_source",
    "add_destination",
    "add_mapping",
}
_FREELY_ASKED: Final = {
    *("export_some", "find_nearest", "recovery_of_events"),
    *("add_source", "add_destination", "add_mapping"),
}
_LATE: Final = {"wait", "flush"}
_LINES: Final[dict[str, str]] = dict.fromkeys(("export", "export_some"), "application/x-ndjson")
_LINES["live"] = "text/event-stream"
_READ_LATER: Final[dict[str, tuple[str, ...]]] = {
    "state": (*PAGING, "search"),
    "history_of": (*PAGING, "changed"),
}
"""The parameters of a resource that reads them itself."""
_PART: Final = re.compile(r"<(\w+)>")


def control_document() -> dict[str, Json]:
    """Return the OpenAPI document of everything below `/_sandbox`."""
    paths: dict[str, dict[str, Json]] = {}
    for each in resources():
        path = CONTROL + _PART.sub(r"{\1}", each.path)
        paths.setdefault(path, {})[each.method.lower()] = _operation(each)
    schemas: dict[str, Json] = dict(_SCHEMAS)
    for told in (EntryJson, MessageJson):
        _schema_of(told, schemas)
    refused = {"description": "A refusal, in a sentence.", "content": _json(ref("Error"))}
    scheme = {"type": "http", "scheme": "bearer", "description": "The tenant's API token."}
    return {
        "openapi": "3.1.0",
        "info": {"title": "The sandbox's own paths", "version": "1"},
        "servers": [{"url": "/"}],
        "security": [{}, {"token": []}],
        "paths": dict(paths),
        "components": {
            "schemas": schemas,
            "responses": {"Refused": refused},
            "securitySchemes": {"token": scheme},
        },
    }


def _operation(each: Resource) -> dict[str, Json]:
    name = each.function.__name__
    said = " ".join((each.function.__doc__ or "").split())
    parts: list[Json] = [
        {"name": part, "in": "path", "required": True, "schema": _IN_PATH.get(part, TEXT)}
        for part in _PART.findall(each.path)
    ]
    parts += [
        {"name": part, "in": "query", "schema": _QUERY.get(part, TEXT)}
        for part in each.query or _READ_LATER.get(name, ())
    ]
    status = "201" if name in _CREATED else "200"
    content = {_LINES[name]: {"schema": TEXT}} if name in _LINES else _json(_answer_of(name))
    answers: dict[str, Json] = {status: {"description": said, "content": content}}
    if name in _LATE:
        answers["408"] = {"description": "The time is up.", "content": _json(_answer_of(name))}
    answers["default"] = {"$ref": "#/components/responses/Refused"}
    operation: dict[str, Json] = {
        "operationId": name,
        "summary": said.partition(". ")[0],
        "parameters": parts,
        "responses": answers,
    }
    if each.is_open:
        operation["security"] = []
    if name in _ASKED or each.method in {"PUT", "PATCH"} or name in _FREELY_ASKED:
        schema = _ASKED.get(name, FREE)
        operation["requestBody"] = {"required": name != "no_faults", "content": _json(schema)}
    return operation


def _answer_of(name: str) -> Schema:
    return _ANSWERS.get(name, FREE)


def _json(schema: Schema) -> dict[str, Json]:
    return {"application/json": {"schema": schema}}


def _schema_of(kind: Any, known: dict[str, Json]) -> Schema:
    """Return the schema of a type; typed dictionaries become components."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind is _AnyJson:
        return {}
    if is_typeddict(kind):
        if kind.__name__ not in known:
            known[kind.__name__] = {}  # as it may hold itself
            known[kind.__name__] = _object_of(kind, known)
        return ref(kind.__name__)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if origin is list:
        return list_of(_schema_of(arguments[0], known))
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema_of(arguments[1], known)}
    return {"anyOf": [_schema_of(each, known) for each in arguments]}


class _AnyJson:
    """Stands for any JSON value, whose own type goes on for ever."""


def _object_of(kind: Any, known: dict[str, Json]) -> Schema:
    names = {**vars(sys.modules[kind.__module__]), "Json": _AnyJson}
    required, optional = Schema(), Schema()
    for name, written in kind.__annotations__.items():
        part = eval(written.__forward_arg__, names)  # noqa: S307 - the text of a type of ours
        if get_origin(part) is NotRequired:
            optional[name] = _schema_of(get_args(part)[0], known)
        else:
            required[name] = _schema_of(part, known)
    return object_of(required, **optional)
