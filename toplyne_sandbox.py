"""The way in: makes sure that the packages `sandbox` and `mock_server` are ours, then starts.

Both names are common. A folder of that name in the current directory, or on PYTHONPATH, is found
first by Python and would end in an ImportError that says nothing.
"""

from __future__ import annotations

import gc
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

_FEWER_LOOKS = 50_000
_OURS = {"sandbox": "toplyne.py", "mock_server": "exchange.py"}


def shadowed() -> str:
    """Return a sentence about the package that another one hides, or an empty text."""
    for name, witness in _OURS.items():
        spec = importlib.util.find_spec(name)
        places = list(spec.submodule_search_locations or ()) if spec else []
        if not any((Path(place) / witness).is_file() for place in places):
            found = (places[0] if places else spec.origin) if spec else "nothing"
            return (
                f"toplyne-sandbox needs its own package {name!r}, but Python finds {found} first; "
                f"rename that folder, or start from another one (and mind PYTHONPATH)."
            )
    return ""


def main() -> None:
    """Run the command line; exit 2 with a sentence where another package hides ours."""
    if sys.getfilesystemencoding() != "utf-8":  # arguments, files and pipes are UTF-8, always
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606
    if sentence := shadowed():
        print(sentence, file=sys.stderr)
        raise SystemExit(2)

    # what a start makes is kept, so looking for garbage every 700 objects finds none
    gc.set_threshold(_FEWER_LOOKS)
    from sandbox.cli import main as run

    run()


def pytest_addoption(pluginmanager: Any) -> None:
    """Load the pytest plugin, or say in a sentence why it cannot be."""
    if sentence := shadowed():
        import pytest

        raise pytest.UsageError(sentence)

    from mock_server.testing import pytest_plugin

    pluginmanager.register(pytest_plugin, "toplyne-sandbox")


if __name__ == "__main__":
    main()
