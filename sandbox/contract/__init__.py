"""Contract: what the API takes, derived from a destination's definition, and the one check of it.

The mapper checks its finished payloads with `check_item`, the mock whole bodies with
`check_upload`, after `count_surely`, which takes the usual body as the bytes that came. A quick
check accepts, about a microsecond an item; what it refuses jsonschema explains, by the schema that
is derived from the same declaration.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.contract.quick import compile_quick
from sandbox.contract.schemas import payload_schema, upload_schema
from sandbox.contract.upload_contract import Contract
from sandbox.segment.definition import DestinationDefinition, Endpoint, Rules, Upload
from sandbox.toplyne import TOPLYNE
from sandbox.values import Problem

__all__ = ["check_item", "check_upload", "count_surely", "payload_schema", "upload_schema"]


def check_upload(
    upload: Upload | Endpoint,
    body: object,
    *,
    rules: Rules,
    definition: DestinationDefinition = TOPLYNE,
) -> tuple[Problem, ...]:
    """Return what in a whole body breaks the contract, in document order; nothing when it holds.

    `upload` is an action, another upload, or an endpoint of the definition; `body` a value as
    parsed from JSON. At most 100 problems are listed; then one more counts the items that are
    refused and not listed. Raises KeyError for an endpoint the definition does not have.
    """
    contract = _contract(upload, rules, definition)
    if contract.accepts_body(body):
        return ()
    from sandbox.contract.explain import explain_body  # noqa: PLC0415 - jsonschema takes its time

    return explain_body(contract, body)


def check_item(
    upload: Upload | Endpoint,
    payload: object,
    *,
    rules: Rules,
    definition: DestinationDefinition = TOPLYNE,
) -> tuple[Problem, ...]:
    """Return what in one payload, an item of an upload, breaks the contract; as `check_upload`."""
    contract = _contract(upload, rules, definition)
    if contract.accepts(payload):
        return ()
    from sandbox.contract.explain import explain_item  # noqa: PLC0415 - as above

    return explain_item(contract, payload)


def accepts_item(upload: Upload | Endpoint, *, rules: Rules) -> Callable[[object], bool]:
    """Return the function that tells whether `check_item` finds nothing wrong with a payload."""
    return _contract(upload, rules, TOPLYNE).accepts


def count_surely(
    upload: Upload,
    content: bytes,
    *,
    rules: Rules,
    definition: DestinationDefinition = TOPLYNE,
) -> int:
    """Return how many items a body has that surely holds to the contract, as bytes.

    0 says nothing: `check_upload` must tell. What is counted it would take, too.
    """
    key = (id(upload), id(definition), rules)
    known = _COUNTS.get(key)
    if known is None:
        from sandbox.contract.counting import compile_count  # noqa: PLC0415 - msgspec as well

        made = compile_count(upload, rules, definition)
        known = _COUNTS.setdefault(key, (upload, definition, made))
    return known[2](content)


# keyed by identity, because hashing a definition would cost more than the check; each entry holds
# what its key names, so an identity is never used again
_CONTRACTS: dict[tuple[int, int, str], tuple[Upload | Endpoint, Contract]] = {}
_COUNTS: dict[tuple[int, int, str], tuple[Upload, DestinationDefinition, Callable[[bytes], int]]]
_COUNTS = {}


def _contract(
    target: Upload | Endpoint, rules: Rules, definition: DestinationDefinition
) -> Contract:
    key = (id(target), id(definition), rules)
    known = _CONTRACTS.get(key)
    if known is not None:
        return known[1]
    upload = _upload_of(target, definition)
    made = Contract(upload, definition, rules, compile_quick(upload, rules))
    return _CONTRACTS.setdefault(key, (target, made))[1]


def _upload_of(target: Upload | Endpoint, definition: DestinationDefinition) -> Upload:
    if isinstance(target, Upload):
        return target
    upload = definition.upload_at(target.path)
    if upload is None:
        known = [u.endpoint.path for u in definition.uploads]
        raise KeyError(f"no upload goes to {target.path}; there are {', '.join(known)}")
    return upload
