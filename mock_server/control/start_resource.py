"""Start: `/_sandbox/start`, what a newcomer needs to send a first event, and the samples to try."""

import json
from importlib import resources

from mock_server.control.export_snippets import mapping_json
from mock_server.control.resource import Asked, resource
from sandbox import samples
from sandbox.destination import PRESETS
from sandbox.segment.toml_tables import toml_table
from sandbox.toplyne import TOPLYNE
from sandbox.type_schemas import Free
from sandbox.values import members


@resource("GET", "/start")
def start(asked: Asked) -> Free:
    """Return a write key, an API token, and code snippets that send an event with them."""
    segment, tenant = asked.mock.segment, asked.view.number
    sources = [s for s in segment.workspace.sources if segment.tenant_of(s) == tenant]
    first = sources[0] if sources else None
    return {
        "token": asked.api_key,
        "source": first and first.name,
        "write_key": first and first.write_key,
        "snippets": toml_table(__package__, "sdk_snippets"),
    }


@resource("GET", "/try")
def what_to_try(asked: Asked) -> Free:
    """Return what can be tried: sample events, presets, the tenant's mappings, and actions."""
    known = (("recorded", samples.recorded()), ("odd", samples.odd()))
    found = [{"name": s.name, "kind": k, "event": s.event.value} for k, many in known for s in many]
    return {
        "samples": plain_samples() + found,
        "presets": [mapping_json(mapping) for mapping in PRESETS],
        "destinations": [
            {"name": each.name, "mappings": [mapping_json(m) for m in each.mappings]}
            for each in asked.mock.segment.workspace.destinations
            if each.mappings != PRESETS
            and (its := asked.bearer_of(each.api_key).token)
            and its.tenant == asked.view.number
        ],
        "actions": actions(),
        "rules": asked.mock.rules,
    }


def actions() -> list[Free]:
    """Return the actions from which mappings are built, with their fields and defaults."""
    return [
        {
            **members(action, "key", "name", "description"),
            "defaults": action.default_fields,
            "fields": [members(f, "key", "label", "type", "required") for f in action.fields],
        }
        for action in TOPLYNE.actions
    ]


def plain_samples() -> list[object]:
    """Return the seven events to begin with, one for each kind of outcome."""
    text = (resources.files(__package__) / "plain_samples.json").read_text(encoding="utf-8")
    return [{"kind": "plain", **sample} for sample in json.loads(text)]
