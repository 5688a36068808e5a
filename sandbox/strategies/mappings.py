"""Mappings as a user could make them: triggers, fields, and whole workspaces."""

from hypothesis import strategies as st

from sandbox.destination import PRESETS, Mapping
from sandbox.segment.definition import ActionDefinition, Field
from sandbox.segment.javascript import Json
from sandbox.strategies.payloads import action_of
from sandbox.strategies.realistic import EVENT_NAMES, EVENT_TYPES, PROPERTIES
from sandbox.toplyne import TOPLYNE
from sandbox.workspace import ConnectedDestination, Source, Workspace


def mappings(*, action: str | None = None) -> st.SearchStrategy[Mapping]:
    """Generate mappings a user could make: an action, a trigger that fits it, mapped fields."""
    actions = (action_of(action).key,) if action else tuple(a.key for a in TOPLYNE.actions)
    return st.sampled_from(actions).flatmap(
        lambda key: st.builds(
            Mapping,
            name=st.sampled_from(("My mapping", "Big orders", "Trials")),
            action=st.just(key),
            trigger=triggers(),
            fields=_mapped_fields(action_of(key)),
        )
    )


def _mapped_fields(definition: ActionDefinition) -> st.SearchStrategy[dict[str, Json]]:
    required = {f.key: _directives(f) for f in definition.fields if f.required}
    optional = {f.key: _directives(f) for f in definition.fields if not f.required}
    return st.fixed_dictionaries(required, optional=optional)


def _directives(field: Field) -> st.SearchStrategy[Json]:
    default = st.just(field.default)
    if field.type != "string":
        return default
    return st.one_of(
        default,
        st.builds(
            lambda path: {
                "@if": {"exists": {"@path": path}, "then": {"@path": path}, "else": field.default}
            },
            st.sampled_from(("$.properties.id", "$.traits.id", "$.context.groupId")),
        ),
        st.just({"@template": "{{userId}}-{{event}}"}),
        st.just({"@literal": "fixed"}),
    )


def triggers() -> st.SearchStrategy[str]:
    """Generate triggers as people write them: one to three clauses joined by one word."""
    clauses = st.one_of(
        st.builds('type = "{}"'.format, st.sampled_from(EVENT_TYPES)),
        st.builds('event = "{}"'.format, st.sampled_from(tuple(EVENT_NAMES))),
        st.builds('contains(event, "{}")'.format, st.sampled_from(("Up", "Order"))),
        st.builds("properties.{} != null".format, st.sampled_from(tuple(PROPERTIES))),
        st.builds(
            "properties.amount {} {}".format, st.sampled_from((">", "<=")), st.integers(0, 99)
        ),
    )
    return st.builds(
        lambda parts, word: f" {word} ".join(parts),
        st.lists(clauses, min_size=1, max_size=3),
        st.sampled_from(("and", "or")),
    )


def workspaces(*, max_mappings: int = 4) -> st.SearchStrategy[Workspace]:
    """Generate workspaces: one source, one destination, the presets or mappings of a user's own.

    The destination has no base URL: whoever serves the workspace knows it.
    """
    own = st.lists(mappings(), min_size=1, max_size=max_mappings, unique_by=lambda m: m.name)
    return st.one_of(st.just(PRESETS), own.map(tuple)).map(
        lambda chosen: Workspace(
            sources=(Source(name="Website", write_key="write-key-1"),),
            destinations=(
                ConnectedDestination(
                    name="Toplyne", source="Website", api_key="api-key-1", mappings=tuple(chosen)
                ),
            ),
        )
    )
