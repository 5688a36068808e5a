"""Lazy product: combinations of alternatives that are costly to make.

Most often the first combination will do, so only the first alternatives are made for it.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, product
from typing import TypeVar

T = TypeVar("T")


def lazy_product(options: Sequence[Iterable[T]]) -> Iterator[tuple[T, ...]]:
    """Yield what `itertools.product` yields; the second combination makes all alternatives."""
    left = [iter(each) for each in options]
    firsts = [[*islice(each, 1)] for each in left]
    yield from product(*firsts)
    if all(firsts):
        whole = ((*first, *others) for first, others in zip(firsts, left, strict=True))
        yield from islice(product(*whole), 1, None)
