"""Type schemas: the JSON Schema of a type, for the requests and answers of `/_sandbox`.

A typed dictionary or a dataclass becomes a component of its name; one whose name starts with an
underscore is written out where it is used. `Annotated[int, With(minimum=1)]` adds to the schema of
a type. The same types check requests (`sandbox.type_reading`).
"""

from base64 import b64decode
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
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

Schema: TypeAlias = dict[str, Any]
Free: TypeAlias = dict[str, object]
"""An object with any members."""


class With:
    """What is said of a type beside what follows from it: members of its schema.

    `right` says in words what is right. `read_by`
    reads a value in place of the schema, raising ValueError or TypeError for a wrong one; `of` is
    the type as JSON has it, where that is another.
    """

    def __init__(
        self,
        right: str = "",
        read_by: Callable[[Any], object] | None = None,
        of: Any = None,
        **members: Any,
    ) -> None:
        """Keep the arguments."""
        self.right, self.read_by, self.of, self.members = right, read_by, of, members

    def for_reading(self, schema: Schema) -> Schema:
        """Return the schema of the type for checking values."""
        if self.read_by is not None:
            return {"right": self.right, "read_by": self.read_by}
        return {**schema, "right": self.right} if self.right else schema


def bytes_of(body: Any) -> bytes:
    """Return the bytes of a string, of `{"base64": …}`, or of bytes; raises ValueError."""
    if isinstance(body, dict) and body.keys() == {"base64"}:
        return b64decode(body["base64"], validate=True)
    return (
        body.encode("utf-8", "surrogatepass") if isinstance(body, str) else bytes(memoryview(body))
    )


class _Base64(TypedDict):
    base64: str


Whole: TypeAlias = Annotated[int, With(minimum=0)]
Positive: TypeAlias = Annotated[int, With(minimum=1)]
BytesJson: TypeAlias = Annotated[str | _Base64, With('a string, or {"base64": "…"}', bytes_of)]
"""Bytes in JSON; `bytes_of` reads them."""
_ANYTHING: Final = (Any, object)
_PLAIN: Final = {str: "string", bool: "boolean", int: "integer", float: "number", NoneType: "null"}


def listing(name: str, kind: Any) -> Any:
    """Return the type of a page of a list with items of that kind."""
    members = {name: list[kind], "total": Whole, "dropped": Whole, "cut": NotRequired[str]}
    return TypedDict("_Listing", members)  # type: ignore[operator]


def ref(name: str) -> Schema:
    """Return a reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def schema_of(kind: Any, known: Schema | None = None) -> Schema:
    """Return the schema of a type; the components it refers to are added to `known`.

    Without `known` everything is written out, and functions may replace schemas for checking.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if is_typeddict(kind) or is_dataclass(kind):
        return _object(kind, known)
    if kind in _ANYTHING:
        return {}
    if origin is None:
        return {"type": _PLAIN[kind]}
    if origin is Annotated:
        bare, more = arguments
        schema = {**schema_of(more.of or bare, known), **more.members}
        return more.for_reading(schema) if known is None else schema
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if origin is list:
        return {"type": "array", "items": schema_of(arguments[0], known)}
    if origin is dict:
        others = arguments[1] in _ANYTHING or schema_of(arguments[1], known)
        return {"type": "object", "additionalProperties": others}
    return {"anyOf": [schema_of(each, known) for each in arguments]}


def _object(kind: Any, known: Schema | None) -> Schema:
    """Return the schema of an object, or a reference if it is a component."""
    name: str = kind.__name__
    components = None if name.startswith("_") else known
    if components is not None:
        if name in components:
            return ref(name)
        components[name] = {}  # as it may contain itself
    hints = get_type_hints(kind, localns={"Json": Any}, include_extras=True)
    if is_dataclass(kind):
        optional = {field.name for field in fields(kind) if field.default is not MISSING}
    else:
        optional = {key for key, hint in hints.items() if get_origin(hint) is NotRequired}
        optional |= kind.__optional_keys__
    parts = {k: get_args(h)[0] if get_origin(h) is NotRequired else h for k, h in hints.items()}
    schema: Schema = {
        "type": "object",
        "properties": {key: schema_of(part, known) for key, part in parts.items()},
        "required": [key for key in hints if key not in optional],
        "additionalProperties": False,
    }
    if known is None and hasattr(kind, "problems_between"):
        schema["problems_between"] = kind.problems_between
    if components is None:
        return schema
    components[name] = schema
    return ref(name)
