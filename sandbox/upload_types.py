"""Upload types: what is known from uploads, in their keys. Derived: `make derived`."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from sandbox.values import Json


class Profile(TypedDict):
    """An item of /upload/users/profiles."""

    userId: NotRequired[str]
    anonymousId: NotRequired[str]
    creationTime: float | None
    userProperties: NotRequired[dict[str, Json]]


class Account(TypedDict):
    """An item of /upload/accounts/profiles."""

    accountId: str
    creationTime: float | None
    accountProperties: NotRequired[dict[str, Json]]


class Event(TypedDict):
    """An item of /upload/events."""

    userId: NotRequired[str]
    anonymousId: NotRequired[str]
    accountId: NotRequired[str]
    eventName: str
    timestamp: float | None
    eventProperties: NotRequired[dict[str, Json]]
