"""Worker: a Python function as a command, `python -m sandbox.check.worker module:function`.

The function is imported and called in its own process, so that the check survives a function that
never ends, prints, or kills its interpreter. `--workspaces` gives it the workspace as well.
"""

import importlib
import json
import os
import sys
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from sandbox.check.bytecode import read_sources
from sandbox.check.commands import NO_FUNCTION
from sandbox.check.mapper import called


class NoFunction(ValueError):
    """Raised if a name does not name a function; the message says why."""


def load(name: str) -> Callable[..., Any]:
    """Return the function that `module:function` names; raises NoFunction with a sentence."""
    module_name, _, path = name.partition(":")
    if not module_name or not path:
        raise NoFunction(f"{name!r} is not a function's name. Expected module:function.")
    try:
        found: Any = importlib.import_module(module_name)
    except Exception as error:  # noqa: BLE001 - importing a module may raise anything
        said = f"{type(error).__name__}: {error}"
        raise NoFunction(f"the module {module_name} cannot be imported: {said}.") from None
    try:
        found = attrgetter(path)(found)
    except AttributeError:
        raise NoFunction(f"{module_name} has no {path}.") from None
    if not callable(found):
        raise NoFunction(f"{name} is {type(found).__name__}, not a function.")
    function: Callable[..., Any] = found
    return function


def main(arguments: list[str]) -> int:
    """Answer the lines of standard input; return 3 if there is no such function."""
    workspaces = "--workspaces" in arguments
    lines = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="ascii")
    # what the function reads is not an event, and what it prints is not an answer
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    sys.path.insert(0, "")
    read_sources()
    try:
        function = load(next(each for each in arguments if not each.startswith("--")))
    except NoFunction as error:
        # the parent process reads UTF-8; undecodable bytes are written back unchanged
        os.write(sys.stderr.fileno(), f"{error}\n".encode("utf-8", "surrogateescape"))
        return NO_FUNCTION
    for line in lines:
        read = json.loads(line)
        case = read if workspaces else {"event": read}
        # a value that is not JSON is sent as its repr, which the reader refuses
        answers.write(json.dumps(called(function, case, workspaces=workspaces), default=repr))
        answers.write("\n")
        answers.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
