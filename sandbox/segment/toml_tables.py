"""TOML tables: data that stands in a file beside a module, read when it is first asked for."""

from functools import cache
from typing import Any


@cache
def toml_table(package: str, name: str) -> dict[str, Any]:
    """Return what `name`.toml in the folder of a package holds. Do not change it."""
    import tomllib  # noqa: PLC0415 - few events need a table
    from pkgutil import get_data  # noqa: PLC0415 - as above

    return tomllib.loads((get_data(package, f"{name}.toml") or b"").decode())
