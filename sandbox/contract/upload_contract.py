"""Upload contract: the quick check of an upload's items and bodies, under one word for rules.

It accepts exactly what the derived JSON Schema accepts: tests/properties/test_contract_laws.py.
"""

from dataclasses import dataclass

from sandbox.contract.schemas import FIELD_RULES, Accepts, needed
from sandbox.segment.definition import PASSTHROUGH, DestinationDefinition, Rules, Upload


@dataclass(frozen=True, slots=True, eq=False)
class Contract:
    """What one kind of upload must look like; `accepts` returns whether an item does."""

    upload: Upload
    definition: DestinationDefinition
    rules: Rules
    accepts: Accepts

    @property
    def envelope(self) -> str:
        """The key of the body's only list."""
        return self.upload.endpoint.envelope

    def frames(self, body: object) -> bool:
        """Return whether a body keeps the contract apart from its items."""
        is_alone = isinstance(body, dict) and len(body) == 1
        return is_alone and 1 <= len(self.upload.items_in(body)) <= self.definition.max_items


# keyed by identity, because hashing a definition would cost more than the check; each entry holds
# a reference to the objects in its key, so Python cannot reuse an identity
_CONTRACTS: dict[tuple[int, int, str], Contract] = {}


def contract_of(upload: Upload, rules: Rules, definition: DestinationDefinition) -> Contract:
    """Return the contract of an upload; it is made on first use."""
    key = (id(upload), id(definition), rules)
    known = _CONTRACTS.get(key)
    if known is not None:
        return known
    made = Contract(upload, definition, rules, compile_quick(upload, rules))
    return _CONTRACTS.setdefault(key, made)


def compile_quick(upload: Upload, rules: Rules) -> Accepts:
    """Return a function that returns whether a value is an item of the upload under the rules."""
    takes = {field.key: FIELD_RULES[field.type, rules].takes for field in upload.fields}
    if rules == "observed":
        takes |= dict.fromkeys(PASSTHROUGH, lambda _: True)
    required = tuple(keys[0] for keys in needed(upload, rules) if len(keys) == 1)
    choices = tuple(keys for keys in needed(upload, rules) if len(keys) > 1)

    def accepts(item: object) -> bool:
        if not isinstance(item, dict):
            return False
        for key in required:
            if key not in item:
                return False
        for key, value in item.items():
            test = takes.get(key)
            if test is None or not test(value):
                return False
        for keys in choices:  # noqa: SIM110 - a generator would take longer than the rest
            if item.keys().isdisjoint(keys):
                return False
        return True

    return accepts
