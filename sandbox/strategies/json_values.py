"""JSON values: everything JSON allows."""

from typing import Final

from hypothesis import strategies as st

from sandbox.values import Json


def json_values(*, max_leaves: int = 8) -> st.SearchStrategy[Json]:
    """Generate everything JSON allows, with what is hard more often: strings of numbers and dates,
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
