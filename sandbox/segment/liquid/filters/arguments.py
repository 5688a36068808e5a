"""Arguments: pass the arguments of a filter in a template to the parameters of a function.

A template may give too few or too many arguments: a function gets MISSING for a missing one, and no
more than it has parameters.
"""

import inspect
from collections.abc import Callable

from sandbox.segment.javascript import MISSING, from_units, to_units
from sandbox.segment.liquid.liquid_values import printed
from sandbox.segment.liquid.variables import LiquidFilter, LiquidVariables


def of_values(function: Callable[..., object]) -> LiquidFilter:
    """Return a filter for a function of the value and the arguments."""
    count = len(inspect.signature(function).parameters)
    return lambda _variables, *given: function(*_exactly(count, given))


def of_variables(function: Callable[..., object]) -> LiquidFilter:
    """Return a filter for a function of the variables, the value and the arguments."""
    count = len(inspect.signature(function).parameters) - 1
    return lambda variables, *given: function(variables, *_exactly(count, given))


def of_units(function: Callable[..., str]) -> LiquidFilter:
    """Return a filter for a function from strings to a string.

    The value and the arguments are printed, counted as work, and passed as UTF-16 units.
    """
    count = len(inspect.signature(function).parameters)
    return lambda variables, *given: from_units(
        function(*units_of(variables, *_exactly(count, given)))
    )


def _exactly(count: int, given: tuple[object, ...]) -> tuple[object, ...]:
    return (*given, *(MISSING,) * count)[:count]


def units_of(variables: LiquidVariables, *values: object) -> list[str]:
    """Return each value printed, in UTF-16 units, after counting it as work."""
    texts = [to_units(printed(value)) for value in values]
    variables.work.use(sum(map(len, texts)))
    return texts
