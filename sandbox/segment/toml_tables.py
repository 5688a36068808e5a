"""TOML tables: data that stands in a file beside the code, read when it is first asked for."""

from functools import cache
from typing import Any


@cache
def toml_table(package: str, name: str) -> dict[str, Any]:
    """Return what `name`.toml in the folder of a package holds; not to be changed."""
    import tomllib  # noqa: PLC0415 - few events need a table
    from importlib import resources  # noqa: PLC0415 - as above

    return tomllib.loads((resources.files(package) / f"{name}.toml").read_text("utf-8"))
