"""Contract: what the API takes, derived from a destination's definition, and the one check of it.

The mapper checks its finished payloads with `check_item`, the mock whole bodies with
`check_upload`. A verdict comes first and costs about a microsecond an item; only a refusal is
explained, by jsonschema, and only then is jsonschema imported.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.contract.demands import demands_of
from sandbox.contract.schemas import payload_schema, upload_schema
from sandbox.contract.verdict import Verdict, compile_verdict
from sandbox.contract.violation import Violation
from sandbox.segment.definition import DestinationDefinition, Endpoint, Rules, Upload
from sandbox.segment.javascript import Json
from sandbox.toplyne import TOPLYNE

__all__ = [
    "Violation",
    "check_item",
    "check_upload",
    "demands_of",
    "payload_schema",
    "upload_schema",
]


def check_upload(
    upload: Upload | Endpoint,
    body: Json,
    *,
    rules: Rules,
    definition: DestinationDefinition = TOPLYNE,
) -> tuple[Violation, ...]:
    """Return what in a whole body breaks the contract, in document order; nothing when it holds.

    `upload` is an action, another upload, or an endpoint of the definition; `body` a value as
    parsed from JSON. At most 100 violations are listed; then one more counts the items that are
    refused and not listed. Raises KeyError for an endpoint the definition does not have.
    """
    checked = _checked(upload, rules, definition)
    if checked.body(body):
        return ()

    from sandbox.contract.explain import explain_body  # noqa: PLC0415 - jsonschema is slow to load

    return explain_body(checked.upload, body, rules=rules, definition=definition, item=checked.item)


def check_item(
    upload: Upload | Endpoint,
    payload: Json,
    *,
    rules: Rules,
    definition: DestinationDefinition = TOPLYNE,
) -> tuple[Violation, ...]:
    """Return what in one payload, an item of an upload, breaks the contract; as `check_upload`."""
    checked = _checked(upload, rules, definition)
    if checked.item(payload):
        return ()

    from sandbox.contract.explain import explain_item  # noqa: PLC0415 - as above

    return explain_item(checked.upload, payload, rules=rules, definition=definition)


@dataclass(frozen=True, slots=True, eq=False)
class _Checked:
    key: tuple[Upload | Endpoint, DestinationDefinition]
    upload: Upload
    item: Verdict
    body: Verdict


# keyed by identity, because hashing a definition would cost more than the check; each entry holds
# what its key names, so an identity is never used again
_CHECKED: dict[tuple[int, int, str], _Checked] = {}


def _checked(
    target: Upload | Endpoint, rules: Rules, definition: DestinationDefinition
) -> _Checked:
    key = (id(target), id(definition), rules)
    known = _CHECKED.get(key)
    if known is not None:
        return known

    upload = _upload_of(target, definition)
    schema = upload_schema(upload, rules, max_items=definition.max_items)
    return _CHECKED.setdefault(
        key,
        _Checked(
            key=(target, definition),
            upload=upload,
            item=compile_verdict(payload_schema(upload, rules)),
            body=compile_verdict(schema),
        ),
    )


def _upload_of(target: Upload | Endpoint, definition: DestinationDefinition) -> Upload:
    if isinstance(target, Upload):
        return target
    upload = definition.upload_at(target.path)
    if upload is None:
        known = [u.endpoint.path for u in definition.uploads]
        raise KeyError(f"no upload goes to {target.path}; there are {', '.join(known)}")
    return upload
