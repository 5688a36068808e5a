"""Contract: what the API accepts, derived from a destination's definition, and the one check of it.

The mapper checks finished payloads with `check_item`. The mock first calls `count_surely` on the
bytes of a body, which accepts the usual ones, then `check_upload` on the parsed value. A quick
check accepts, in about a microsecond an item; jsonschema explains what it refuses, by a schema
derived from the same declaration.
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
    """Return the problems of a whole body in document order, () if it keeps the contract.

    `upload` is an action or another upload, `body` a value parsed from JSON. At most 100 problems
    are listed; then one more counts the items that break a rule.
    """
    contract = contract_of(upload, rules, definition)
    if contract.frames(body) and all(map(contract.accepts, upload.items_in(body))):
        return ()
    from sandbox.contract.explain import explain_body  # noqa: PLC0415 - jsonschema takes its time

    return explain_body(contract, body)


def check_item(upload: Upload, payload: object, *, rules: Rules) -> tuple[Problem, ...]:
    """Return the problems of one payload, which is an item of an upload; see `check_upload`."""
    contract = contract_of(upload, rules, TOPLYNE)
    if contract.accepts(payload):
        return ()
    from sandbox.contract.explain import explain_item  # noqa: PLC0415 - as above

    return explain_item(contract, payload)


def accepts_item(upload: Upload, *, rules: Rules) -> Callable[[object], bool]:
    """Return a function that returns whether `check_item` finds no problem in a payload."""
    return contract_of(upload, rules, TOPLYNE).accepts


def count_surely(upload: Upload, content: bytes, *, rules: Rules) -> int:
    """Return the number of items of a body that surely keeps the contract, 0 if undecided.

    After 0 call `check_upload`; it accepts every body that is counted here.
    """
    from sandbox.contract.counting import counter_of  # noqa: PLC0415 - msgspec as well

    return counter_of(contract_of(upload, rules, TOPLYNE))(content)
