"""Contract: what the API takes, derived from a destination's definition, and the one check of it.

The mapper checks its finished payloads with `check_item`, the mock whole bodies with
`check_upload`, after `count_surely`, which takes the usual body as the bytes that came. A quick
check accepts, about a microsecond an item; what it refuses jsonschema explains, by the schema that
is derived from the same declaration.
"""

from collections.abc import Callable

from sandbox.contract.schemas import payload_schema, upload_schema
from sandbox.contract.upload_contract import contract_of
from sandbox.segment.definition import DestinationDefinition, Rules, Upload
from sandbox.toplyne import TOPLYNE
from sandbox.values import Problem

__all__ = ["check_item", "check_upload", "count_surely", "payload_schema", "upload_schema"]


def check_upload(
    upload: Upload,
    body: object,
    *,
    rules: Rules,
    definition: DestinationDefinition = TOPLYNE,
) -> tuple[Problem, ...]:
    """Return what in a whole body breaks the contract, in document order; nothing when it holds.

    `upload` is an action or another upload; `body` a value as parsed from JSON. At most 100
    problems are listed; then one more counts the items that are refused and not listed.
    """
    contract = contract_of(upload, rules, definition)
    if contract.accepts_body(body):
        return ()
    from sandbox.contract.explain import explain_body  # noqa: PLC0415 - jsonschema takes its time

    return explain_body(contract, body)


def check_item(upload: Upload, payload: object, *, rules: Rules) -> tuple[Problem, ...]:
    """Return what in one payload, an item of an upload, breaks the contract; as `check_upload`."""
    contract = contract_of(upload, rules, TOPLYNE)
    if contract.accepts(payload):
        return ()
    from sandbox.contract.explain import explain_item  # noqa: PLC0415 - as above

    return explain_item(contract, payload)


def accepts_item(upload: Upload, *, rules: Rules) -> Callable[[object], bool]:
    """Return the function that says whether `check_item` finds nothing wrong with a payload."""
    return contract_of(upload, rules, TOPLYNE).accepts


def count_surely(upload: Upload, content: bytes, *, rules: Rules) -> int:
    """Return how many items a body has that surely holds to the contract, as bytes.

    0 decides nothing: ask `check_upload` then. It accepts every body that is counted here.
    """
    from sandbox.contract.counting import counter_of  # noqa: PLC0415 - msgspec as well

    return counter_of(contract_of(upload, rules, TOPLYNE))(content)
