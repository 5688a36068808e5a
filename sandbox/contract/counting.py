"""Counting: the number of items of a body that surely keeps the contract, checked by msgspec.

It counts no body that the contract refuses (tests/properties/test_counting_laws.py). The check of
the parsed value decides the rest: lone surrogates, numbers beyond 2**53, keys that Segment lets
through.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec

from sandbox.contract.schemas import needed
from sandbox.contract.upload_contract import Contract
from sandbox.segment.definition import FieldType, Rules
from sandbox.segment.json_text import too_deep_at

_EXACT: Final = msgspec.Meta(ge=-(2**53), le=2**53)  # a larger number may have been rounded
_INTEGER: Final[Any] = Annotated[int, _EXACT]
_TYPES: Final[dict[tuple[FieldType, Rules], Any]] = {
    ("string", "documented"): Annotated[str, msgspec.Meta(min_length=1)],
    ("string", "observed"): str,
    ("datetime", "documented"): _INTEGER,
    ("datetime", "observed"): _INTEGER | Annotated[float, _EXACT] | None,
    ("object", "documented"): dict[str, Any],
    ("object", "observed"): dict[str, Any],
}


_STRICT: Final[dict[str, Any]] = {"kw_only": True, "forbid_unknown_fields": True, "gc": False}


@lru_cache(maxsize=64)
def counter_of(contract: Contract) -> Callable[[bytes], int]:
    """Return a function from a body to the number of its items; 0 if it cannot decide."""
    upload, rules, definition = contract.upload, contract.rules, contract.definition
    envelope, groups = contract.envelope, needed(upload, rules)
    types = {field.key: _TYPES[field.type, rules] for field in upload.fields}
    members = [
        (key, kind) if (key,) in groups else (key, kind | msgspec.UnsetType, msgspec.UNSET)
        for key, kind in types.items()
    ]
    item: Any = msgspec.defstruct("Item", members, **_STRICT)
    bounds = msgspec.Meta(min_length=1, max_length=definition.max_items)
    body = msgspec.defstruct("Body", [(envelope, Annotated[list[item], bounds])], **_STRICT)
    decode = msgspec.json.Decoder(body).decode
    choices = [keys for keys in groups if len(keys) > 1]

    def count(content: bytes) -> int:
        if len(content) > definition.max_body:
            return 0
        try:
            found = getattr(decode(content), envelope)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return 0
        for keys in choices:
            lacking = found
            for key in keys:
                lacking = [item for item in lacking if getattr(item, key) is msgspec.UNSET]
            if lacking:
                return 0
        return len(found) if _is_shallow(content, len(found), definition.max_depth) else 0

    return count


def _is_shallow(content: bytes, items: int, max_depth: int) -> bool:
    # every item but the deepest has a bracket that is not around the deepest value;
    # bytes.count() takes twice as long
    others = content.replace(b"{", b"").replace(b"[", b"")
    is_surely = len(content) - len(others) - items < max_depth
    return is_surely or too_deep_at(content.decode(), max_depth) is None
