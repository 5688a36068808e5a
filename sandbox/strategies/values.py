"""Values: what stands in events and payloads, and everything JSON allows."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from sandbox.segment.javascript import Json

PROPERTY_NAMES: Final = (
    "plan", "amount", "currency", "seats", "email", "name", "tags", "createdAt",
)  # fmt: skip


def ids() -> st.SearchStrategy[str]:
    """Generate ids such as u7."""
    return st.integers(1, 99).map(lambda n: f"u{n}")


def properties(*, max_size: int = 4) -> st.SearchStrategy[dict[str, Json]]:
    """Generate what stands in `properties` and `traits`: a few named values."""
    scalars = st.one_of(
        st.sampled_from(("pro", "free", "EUR", "ann@example.com")),
        st.integers(0, 1000),
        st.booleans(),
        st.floats(0, 100, width=32),
    )
    values = st.one_of(scalars, st.lists(scalars, max_size=3))
    return st.dictionaries(st.sampled_from(PROPERTY_NAMES), values, max_size=max_size)


def json_values(*, max_leaves: int = 8) -> st.SearchStrategy[Json]:
    """Generate everything JSON allows, with what is hard more often: texts of numbers and dates,
    big and tiny numbers, empty containers, index keys, code points above U+FFFF.
    """  # noqa: D205 - one sentence
    scalars = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=6),
        st.sampled_from(_HARD),
    )
    keys = st.one_of(st.sampled_from(("a", "b", "0", "1", "10", "01", "")), st.text(max_size=3))
    return st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)
        ),
        max_leaves=max_leaves,
    )


_HARD: Final[tuple[Json, ...]] = (
    "", " ", "0", "13", "5", "true", "null", "1612137600", "1612137600000", "2021-02-30",
    "Feb 1, 2021", "2021-02-01T00:00:00+01:00", "😀", "{{userId}}", "$.userId",
    0, -1, 1612137600, 1612137600000, 1e21, 1e-7, 0.1, 2**53 + 1, 8.64e15 + 1,
)  # fmt: skip
