"""Answers: the bodies of the API's answers, as values and as schemas of those values."""

from sandbox.segment.definition import ErrorAnswer
from sandbox.values import Json


def success_body(data: Json) -> dict[str, Json]:
    """Return the body of a success, in the recorded order of keys."""
    return {"status": "SUCCESS", "data": data}


def error_body(error: ErrorAnswer, details: str) -> dict[str, Json]:
    """Return the body of a refusal; an error with fixed details has those instead of `details`."""
    details = error.details or details
    words: Json = {"code": error.code, "message": error.message, "details": details}
    return {"status": "ERROR", "error": words}


def success_schema(data: dict[str, Json]) -> dict[str, Json]:
    """Return the schema of `success_body`, given the schema of its data."""
    return _closed({"status": {"const": "SUCCESS"}, "data": data})


def message_schema(message: str) -> dict[str, Json]:
    """Return the schema of the `data` in the answer to an accepted upload."""
    return _closed({"message": {"const": message}})


def error_schema() -> dict[str, Json]:
    """Return the schema of every `error_body`."""
    words = _closed({key: {"type": "string"} for key in ("code", "message", "details")})
    return _closed({"status": {"const": "ERROR"}, "error": words})


def _closed(properties: dict[str, Json]) -> dict[str, Json]:
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }
