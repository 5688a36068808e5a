"""What the mapper and Segment's runtime are given: events as real clients send them, mappings.

Every event has a time of its own, in the form its client writes it: what is kept of one event
helps with the next no more than it does in a stream of real ones.
"""

import datetime as dt
import itertools
import json
from collections import abc
from typing import Any

from sandbox import Mapping, samples

Event = dict[str, Any]

START = dt.datetime(2026, 3, 2, 8, 59, 30, tzinfo=dt.UTC)
APART = dt.timedelta(milliseconds=1700)

_CONTEXT = {
    "groupId": "acct_123",
    "library": {"name": "@segment/analytics-node", "version": "3.1.0"},
    "ip": "203.0.113.7",
    "locale": "en-GB",
}
TYPICAL: tuple[Event, ...] = (
    {
        "type": "track",
        "event": "Order Completed",
        "userId": "019mr8mf4r",
        "anonymousId": "3f2b8c1e-57ff-4f1d-8d5e-6c1f0a8b2d11",
        "context": _CONTEXT,
        "properties": {"order": "o-8821", "total": 120.5, "currency": "EUR", "items": 3},
    },
    {
        "type": "track",
        "event": "Trial Started",
        "anonymousId": "9d6d57b0-4a52-4f0e-9c6e-1d7a33c0e512",
        "context": _CONTEXT,
        "properties": {"plan": "pro", "seats": 12, "source": "pricing page", "coupon": None},
    },
    {
        "type": "identify",
        "userId": "019mr8mf4r",
        "context": _CONTEXT,
        "traits": {"email": "p@example.com", "name": "Päivi", "logins": 3, "vip": True},
    },
    {
        "type": "group",
        "userId": "019mr8mf4r",
        "groupId": "acct_123",
        "context": _CONTEXT,
        "traits": {"name": "Acme Inc.", "plan": "enterprise", "employees": 329},
    },
)
_PRODUCT = {"sku": "G-32", "name": "Monopoly: 3rd Edition", "price": 18.99, "quantity": 2}

_TRIGGERS = (
    ("Orders", "sendEvents", 'type = "track" and event = "Order {n} Completed"'),
    ("Large orders", "sendEvents", 'event = "Order Completed" and properties.total > {n}'),
    ("Trials", "sendEvents", 'event = "Trial Started" and properties.plan = "plan {n}"'),
    ("Invoices", "sendEvents", 'type = "track" and match(event, "Invoice {n}*")'),
    ("Imports", "sendEvents", 'contains(event, "Import {n}") and userId != null'),
    ("Staff", "sendUserProfiles", 'type = "identify" and contains(traits.email, "@{n}.test")'),
    ("Heavy users", "sendUserProfiles", 'type = "identify" and traits.logins >= {n}0'),
    ("Plans", "sendAccountProfiles", 'type = "group" and traits.plan != "enterprise"'),
    ("Funnel", "sendEvents", 'event = "Step {n}" or event = "Step {n} done"'),
    ("Docs", "sendEvents", 'type = "page" and properties.path = "/docs/{n}"'),
)
"""Ten kinds of mappings as teams pile them up; an event meets about one of fifty."""


def events(count: int = 240) -> list[Event]:
    """Return so many events: recorded ones and typical ones by turns."""
    recorded = [sample.event.value for sample in samples.recorded()]
    turns = zip(itertools.cycle(recorded), itertools.cycle(TYPICAL), strict=False)
    return _spread(itertools.islice(itertools.chain.from_iterable(turns), count))


def tracked(size: int = 300, count: int = 100) -> list[Event]:
    """Return so many track events of about `size` bytes each, grown by the products they list."""
    lean = {name: value for name, value in TYPICAL[0].items() if name != "context"}
    spare = max(0, size - len(json.dumps(lean)) - 40)
    products = [
        {**_PRODUCT, "position": n} for n in range(round(spare / len(json.dumps(_PRODUCT))))
    ]
    grown = {"products": products} if products else {}
    return _spread([{**lean, "properties": {**lean["properties"], **grown}}] * count)


def sdk(count: int = 240) -> list[Event]:
    """Return so many events as SDKs send them, with the full context of their clients.

    Half are the identify, group and track calls that were recorded of the browser, Node and Python
    SDKs; half are orders of 1 to 40 products under the contexts of the same calls.
    """
    recorded = [s.event.value for s in samples.recorded() if s.event.value["type"] in _MAPPED]
    orders = (_order(recorded[n % len(recorded)], n % 40 + 1) for n in itertools.count())
    turns = zip(itertools.cycle(recorded), orders, strict=False)
    return _spread(itertools.islice(itertools.chain.from_iterable(turns), count))


_MAPPED = {"identify", "group", "track"}


def _order(call: Event, products: int) -> Event:
    """Return an order by whoever made a recorded call, as Segment's spec names its properties."""
    rows = [
        {
            "product_id": f"507f1f77bcf86cd7{n:08d}",
            "sku": f"G-{n}",
            "category": "Games",
            "name": f"Monopoly: edition {n}",
            "brand": "Hasbro",
            "price": 18.99 + n,
            "quantity": n % 3 + 1,
            "position": n,
            "url": f"https://www.example.com/product/{n}",
        }
        for n in range(1, products + 1)
    ]
    total = round(sum(row["price"] * row["quantity"] for row in rows), 2)
    own = {key: call[key] for key in ("anonymousId", "userId", "messageId") if key in call}
    return {
        **own,
        "type": "track",
        "event": "Order Completed",
        "userId": own.get("userId") or "019mr8mf4r",
        "context": call.get("context", {}),
        "integrations": call.get("integrations", {}),
        "timestamp": call["timestamp"],
        "properties": {
            "order_id": f"o-{products}",
            "total": total,
            "tax": round(total * 0.19, 2),
            "shipping": 4.9,
            "coupon": None,
            "currency": "EUR",
            "customer": {"plan": "pro", "returning": True, "orders": products},
            "products": rows,
        },
    }


def mappings(count: int = 50) -> tuple[Mapping, ...]:
    """Return so many mappings with triggers as people write them, as a destination holds them."""
    kinds = enumerate(itertools.islice(itertools.cycle(_TRIGGERS), count))
    return tuple(
        Mapping(f"{name} {number}", action=action, trigger=trigger.format(n=number))
        for number, (name, action, trigger) in kinds
    )


def _spread(events: abc.Iterable[Event]) -> list[Event]:
    """Give each event a time of its own, and nothing that it shares with another."""
    return [_at(json.loads(json.dumps(event)), number) for number, event in enumerate(events)]


def _at(event: Event, number: int) -> Event:
    moment = (START + number * APART).isoformat(timespec="milliseconds")
    has_offset = str(event.get("timestamp")).endswith("+00:00")
    return {**event, "timestamp": moment if has_offset else moment.replace("+00:00", "Z")}
