"""Arguments: how what a template gives a filter comes to the parameters of a function.

A template may give too few or too many arguments: a function gets MISSING for what is not given,
and not more than it has parameters for.
"""

import inspect
from collections.abc import Callable

from sandbox.segment.javascript import MISSING, from_units, to_units
from sandbox.segment.liquid.liquid_values import printed
from sandbox.segment.liquid.variables import Filter, Variables


def of_values(function: Callable[..., object]) -> Filter:
    """Return the filter that is a function of the value and the arguments."""
    count = len(inspect.signature(function).parameters)
    return lambda _variables, *given: function(*_exactly(count, given))


def of_variables(function: Callable[..., object]) -> Filter:
    """Return the filter that is a function of the variables, the value and the arguments."""
    count = len(inspect.signature(function).parameters) - 1
    return lambda variables, *given: function(variables, *_exactly(count, given))


def of_units(function: Callable[..., str]) -> Filter:
    """Return the filter from strings to a string: what is printed for the value and the arguments.

    They are given in UTF-16 units, after counting them as work.
    """
    count = len(inspect.signature(function).parameters)
    return lambda variables, *given: from_units(
        function(*units_of(variables, *_exactly(count, given)))
    )


def _exactly(count: int, given: tuple[object, ...]) -> tuple[object, ...]:
    return (*given, *(MISSING,) * count)[:count]


def units_of(variables: Variables, *values: object) -> list[str]:
    """Return what is printed for each value, in units, after counting it as work."""
    texts = [to_units(printed(value)) for value in values]
    variables.work.use(sum(map(len, texts)))
    return texts
