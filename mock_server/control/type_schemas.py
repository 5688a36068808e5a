"""Schemas: the JSON Schema of a type, by which `/_sandbox` describes what it takes and answers.

A typed dictionary becomes a component of its name; one whose name begins with an underscore is
written out where it is used. `Annotated[int, With(minimum=1)]` adds to the schema of a type.
"""

from types import NoneType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NotRequired,
    TypeAlias,
    TypedDict,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from sandbox.segment.javascript import Json

Schema: TypeAlias = dict[str, Json]
Free: TypeAlias = dict[str, Json]
"""An object of any members."""


class With:
    """Members of the schema of a type, beside those that follow from the type.

    With a `title` it is a component of that name.
    """

    def __init__(self, **members: Json) -> None:
        """Keep the members."""
        self.members = members


Whole: TypeAlias = Annotated[int, With(minimum=0)]
Positive: TypeAlias = Annotated[int, With(minimum=1)]


class _Base64(TypedDict):
    base64: str


Body: TypeAlias = str | _Base64
"""Bytes in JSON: a string, or base64."""
_PLAIN: Final = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    NoneType: "null",
}


def listing(name: str, kind: Any) -> Any:
    """Return the type of a page of a list, whose items are of that kind."""
    members = {name: list[kind], "total": Whole, "dropped": Whole, "cut": NotRequired[str]}
    return TypedDict("_Listing", members)  # type: ignore[operator]


def ref(name: str) -> Schema:
    """Return a reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def schema_of(kind: Any, known: dict[str, Json]) -> Schema:
    """Return the schema of a type; the components it refers to are added to `known`."""
    if is_typeddict(kind):
        return _object(kind, kind.__name__, {}, known)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is None:
        return {} if kind is Any else {"type": _PLAIN[kind]}
    if origin is Annotated:
        members = dict(arguments[1].members)
        if "title" in members:
            return _object(arguments[0], members.pop("title"), members, known)
        return {**schema_of(arguments[0], known), **members}
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if origin is list:
        return {"type": "array", "items": schema_of(arguments[0], known)}
    if origin is dict:
        others = True if arguments[1] is Any else schema_of(arguments[1], known)
        return {"type": "object", "additionalProperties": others}
    return {"anyOf": [schema_of(each, known) for each in arguments]}


def _object(kind: Any, name: str, more: Schema, known: dict[str, Json]) -> Schema:
    """Return the schema of a typed dictionary, or a reference where it is a component."""
    if name in known:
        return ref(name)
    if not name.startswith("_"):
        known[name] = {}  # as it may hold itself
    hints = get_type_hints(kind, localns={"Json": Any}, include_extras=True)
    optional = {key for key, hint in hints.items() if get_origin(hint) is NotRequired}
    parts = {key: get_args(hint)[0] if key in optional else hint for key, hint in hints.items()}
    schema: Schema = {
        "type": "object",
        "properties": {key: schema_of(part, known) for key, part in parts.items()},
        "required": [key for key in hints if key in kind.__required_keys__ - optional],
        "additionalProperties": False,
        **more,
    }
    if name.startswith("_"):
        return schema
    known[name] = schema
    return ref(name)
