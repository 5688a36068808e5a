"""Upload contract: one upload under some rules, as the quick check of its items and bodies."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.contract.quick import Accepts
from sandbox.segment.definition import DestinationDefinition, Rules, Upload
from sandbox.segment.javascript import Json


@dataclass(frozen=True, slots=True, eq=False)
class Contract:
    """What one kind of upload must look like; `accepts` tells of an item."""

    upload: Upload
    definition: DestinationDefinition
    rules: Rules
    accepts: Accepts

    @property
    def envelope(self) -> str:
        """The key of the body's only list."""
        return self.upload.endpoint.envelope

    def items_of(self, body: Json) -> list[Json]:
        """Return the list of a body, an empty one where it has none."""
        items = body.get(self.envelope) if isinstance(body, dict) else None
        return items if isinstance(items, list) else []

    def frames(self, body: Json) -> bool:
        """Return whether a body is right, whatever its items are."""
        is_alone = isinstance(body, dict) and len(body) == 1
        return is_alone and 1 <= len(self.items_of(body)) <= self.definition.max_items

    def accepts_body(self, body: Json) -> bool:
        """Return whether a body holds to the contract."""
        return self.frames(body) and all(map(self.accepts, self.items_of(body)))
