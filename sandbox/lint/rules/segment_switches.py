"""A rule about Segment's own switches, which its pages write beside the fields of a mapping."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.lint.draft import Draft
from sandbox.lint.finding import Note
from sandbox.lint.registry import mapping_rule, sending
from sandbox.segment.mapping import is_segment_switch


@mapping_rule(
    "TS317", "segment-switches", sending({"enable_batching": True, "batch_size": 100}, {})
)
def segment_switches(draft: Draft) -> Iterator[Note]:
    """Segment's own settings, such as `batch_size`, beside the fields: nothing is sent for them."""
    fields = draft.own_fields
    names = [key for key in fields if is_segment_switch(key)] if isinstance(fields, dict) else []
    if names:
        subject, what = ("it", "a switch") if len(names) == 1 else ("them", "switches")
        verb = "is" if len(names) == 1 else "are"
        yield Note(
            at=("fields",),
            message=f"{', '.join(names)} {verb} {what} of Segment's own, not of this action:"
            f" nothing is sent for {subject}, and no batches are made. Leaving {subject} there does"
            " no harm.",
        )
