"""Argument checks: the numbers, strings and choices that Python code gives."""

from collections.abc import Iterable
from typing import Annotated, Any, Final

from sandbox.type_reading import problems_of
from sandbox.type_schemas import Whole, With

__tracebackhide__ = True
_KINDS: Final[dict[str, Any]] = {
    "timeout": Annotated[float, With(minimum=0)],
    "port": Annotated[int, With(minimum=0, maximum=65535)],
    "host": str,
    "allowed_hosts": Annotated[str, With("host names as strings, such as ['my-mock']")],
}
"""The types of arguments, by their names. All others are of the usual type."""
_CHOICES: Final = {
    "workspace": ("Workspace", "sandbox.workspace.load_workspace(…) returns"),
    "segment": ("SegmentChoices", "mock_server.SegmentChoices(synchronous=True)"),
    "limits": ("Limits", "mock_server.Limits(entries=1000)"),
    "tokens": ("dict", "{'default': 'a-token'}"),
    "admin_token": ("str", "'an-admin-token'"),
}
"""The class of each choice, by its name as it need not be loaded, and an example."""
_SECRETS: Final = frozenset({"tokens", "admin_token"})


def check_values(usual: Any = Whole, /, **given: object) -> None:
    """Raise ValueError for a value of the wrong type, or a number out of its range."""
    for name, value in given.items():
        for problem in problems_of(_KINDS.get(name, usual), value):
            raise ValueError(problem.sentence(name))


def host_names(allowed: Iterable[str]) -> tuple[str, ...]:
    """Return names of hosts; a string is one name. Raises ValueError for one of another type."""
    names = (allowed,) if isinstance(allowed, str) else tuple(allowed)
    for name in names:
        check_values(allowed_hosts=name)
    return names


def check_choices(**given: object) -> None:
    """Raise TypeError for a choice that is not None and not of its class."""
    for name, value in given.items():
        kind, example = _CHOICES[name]
        if value is not None and kind not in {base.__name__ for base in type(value).__mro__}:
            found = f"of the type {type(value).__name__}" if name in _SECRETS else repr(value)
            right = f"Expected a {kind}, such as {example}."
            raise TypeError(f"{name} is {found}, not a {kind}. {right}")
