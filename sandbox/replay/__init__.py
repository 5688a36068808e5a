"""Replay: what mappings would have done with an archive of recorded events.

>>> from sandbox.replay import events_in, replay, replay_content
>>> report = replay("fixtures/events")
>>> report.events > 0
True

The archive may be larger than memory. With `against`, each call is compared with the call that
other mappings make.
"""

from sandbox.replay.archive import events_in
from sandbox.replay.replaying import replay, replay_content
from sandbox.replay.report import ReplayReport
from sandbox.replay.storage import ReplayError

__all__ = ["ReplayError", "ReplayReport", "events_in", "replay", "replay_content"]
