"""Segment's own runtime as a mapper under test."""

import json

from sandbox import PRESETS
from sandbox.toplyne import TOPLYNE
from tests.conformance.oracle import SegmentRuntime


class SegmentsOwn:
    """Segment's published packages; a context manager, as they run in a process."""

    def __init__(self):
        self._runtime = SegmentRuntime()
        self._presets = [_subscription(each.trigger, each.action, each.fields) for each in PRESETS]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._runtime.close()

    def __call__(self, event):
        return self._requests(event, self._presets)

    def with_workspace(self, event, workspace):
        (destination,) = workspace["destinations"]
        enabled = [each for each in destination["mappings"] if each["enabled"]]
        subscriptions = [_subscription(m["trigger"], m["action"], m["fields"]) for m in enabled]
        return self._requests(event, subscriptions)

    def _requests(self, event, subscriptions):
        settings = {"apiKey": "key", "subscriptions": subscriptions}
        answer = self._runtime.ask("onEvent", event=event, settings=settings)
        return [
            {
                "method": request["method"],
                "path": request["url"].removeprefix(TOPLYNE.base_url),
                "json": json.loads(request["body"]),
            }
            for request in answer["requests"]
        ]


def _subscription(trigger, action, fields):
    return {"subscribe": trigger, "partnerAction": action, "mapping": fields, "enabled": True}
