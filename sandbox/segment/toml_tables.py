"""TOML tables: data in a file next to a module, read on first use."""

from functools import cache
from typing import Any


@cache
def toml_table(package: str, name: str) -> dict[str, Any]:
    """Return the content of `name`.toml in the folder of a package. Do not change it."""
    import tomllib  # noqa: PLC0415 - few events need a table
    from pkgutil import get_data  # noqa: PLC0415 - as above

    return tomllib.loads((get_data(package, f"{name}.toml") or b"").decode())
