"""Contract: what the API takes, derived from a destination's definition, and the one check of it.

The mapper checks its finished payloads with `check_item`, the mock whole bodies with
`check_upload`, after `count_surely`, which takes the usual body as the bytes that came. A verdict
comes first and costs about a microsecond an item; only a refusal is explained.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sandbox.contract.schemas import body_schema, payload_schema, upload_schema
from sandbox.segment.definition import DestinationDefinition, Endpoint, Rules, Upload
from sandbox.segment.javascript import Json
from sandbox.toplyne import TOPLYNE
from sandbox.values import Problem

if TYPE_CHECKING:
    from sandbox.contract.explain import Contract

__all__ = [
    "check_item",
    "check_upload",
    "count_surely",
    "payload_schema",
    "upload_schema",
]


def check_upload(
    upload: Upload | Endpoint,
    body: Json,
    *,
    rules: Rules,
    definition: DestinationDefinition = TOPLYNE,
) -> tuple[Problem, ...]:
    """Return what in a whole body breaks the contract, in document order; nothing when it holds.

    `upload` is an action, another upload, or an endpoint of the definition; `body` a value as
    parsed from JSON. At most 100 violations are listed; then one more counts the items that are
    refused and not listed. Raises KeyError for an endpoint the definition does not have.
    """
    return _contract(upload, rules, definition).broken_by_body(body)


def check_item(
    upload: Upload | Endpoint,
    payload: Json,
    *,
    rules: Rules,
    definition: DestinationDefinition = TOPLYNE,
) -> tuple[Problem, ...]:
    """Return what in one payload, an item of an upload, breaks the contract; as `check_upload`."""
    return _contract(upload, rules, definition).broken_by_item(payload)


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
    known = _QUICK.get(key)
    if known is None:
        from sandbox.contract.quick import compile_quick  # noqa: PLC0415 - msgspec takes its time

        schema = upload_schema(upload, rules, max_items=definition.max_items)
        count = compile_quick(schema, max_depth=definition.max_depth)
        known = _QUICK.setdefault(key, (upload, definition, count))
    return 0 if len(content) > definition.max_body else known[2](content)


# keyed by identity, because hashing a definition would cost more than the check; each entry holds
# what its key names, so an identity is never used again
_CONTRACTS: dict[tuple[int, int, str], tuple[Upload | Endpoint, Contract]] = {}
_QUICK: dict[tuple[int, int, str], tuple[Upload, DestinationDefinition, Callable[[bytes], int]]]
_QUICK = {}


def _contract(
    target: Upload | Endpoint, rules: Rules, definition: DestinationDefinition
) -> Contract:
    key = (id(target), id(definition), rules)
    known = _CONTRACTS.get(key)
    if known is not None:
        return known[1]

    from sandbox.contract.explain import Contract  # noqa: PLC0415 - with the first body, not before
    from sandbox.contract.faults import compile_faults  # noqa: PLC0415 - as above
    from sandbox.contract.verdict import compile_verdict  # noqa: PLC0415 - as above

    upload = _upload_of(target, definition)
    item, most = payload_schema(upload, rules), definition.max_items
    frame = body_schema(upload, max_items=most)
    made = Contract(
        upload=upload,
        definition=definition,
        rules=rules,
        item=compile_verdict(item),
        item_faults=compile_faults(item),
        frame=compile_verdict(frame),
        body_faults=compile_faults(frame),
    )
    return _CONTRACTS.setdefault(key, (target, made))[1]


def _upload_of(target: Upload | Endpoint, definition: DestinationDefinition) -> Upload:
    if isinstance(target, Upload):
        return target
    upload = definition.upload_at(target.path)
    if upload is None:
        known = [u.endpoint.path for u in definition.uploads]
        raise KeyError(f"no upload goes to {target.path}; there are {', '.join(known)}")
    return upload
