"""Recording what Segment's runtime sends for the events that come with the sandbox.

    python -m tests.conformance.record_samples

Every recorded and every odd event goes through the three presets as the original has them. The
answers are fixtures/cases/samples/{recorded,odd}.json: one event a line, by file and index.
"""

import json
from pathlib import Path

from sandbox import PRESETS, samples
from tests.conformance.oracle import SegmentRuntime

FOLDER = Path(__file__).parent.parent.parent / "fixtures" / "cases" / "samples"
SUBSCRIPTIONS = [
    {"subscribe": p.trigger, "partnerAction": p.action, "mapping": p.fields} for p in PRESETS
]


def told(runtime, event):
    """Return the path and the body text of every request the runtime makes of the event."""
    settings = {"apiKey": "k", "subscriptions": SUBSCRIPTIONS}
    answer = runtime.ask("onEvent", event=event, settings=settings)
    return [
        [request["url"].removeprefix("https://api.toplyne.io/v1"), request["body"]]
        for request in answer["requests"]
    ]


def main():
    FOLDER.mkdir(exist_ok=True)
    with SegmentRuntime() as runtime:
        for name, chosen in (("recorded", samples.recorded()), ("odd", samples.odd())):
            lines = [
                json.dumps(
                    {
                        "sample": each.name,
                        "event": each.event.index,
                        "requests": told(runtime, each.event.value),
                    }
                )
                for each in chosen
            ]
            (FOLDER / f"{name}.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
            print(f"{name}: {len(lines)} events")


if __name__ == "__main__":
    main()
