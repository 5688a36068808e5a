"""Tenant names: which names a tenant of the mock, its token and its destination can have."""

from typing import Final

RIGHT_NAME: Final = "1 to 100 printable characters, the first neither a dot nor a slash"


def is_tenant_name(name: str) -> bool:
    """Return whether a string is such a name, which can also stand in a path."""
    is_printable = name == name.strip() and name.isprintable()
    return is_printable and 0 < len(name) <= 100 and name[0] not in "./"
