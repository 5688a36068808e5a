"""Toplyne facts: what the pages are told of the declaration about what is known of whom."""

from mock_server.store.state import UPLOAD_OF
from sandbox.segment.definition import Field, Upload
from sandbox.segment.javascript import Json
from sandbox.toplyne import TOPLYNE


def facts() -> dict[str, Json]:
    """Return what the templates get: for each kind of the state its columns, ids and trigger."""
    triggers = {preset.action: preset.trigger for preset in TOPLYNE.presets}
    return {
        "facts": {
            kind: {
                "paths": [u.endpoint.path for u in TOPLYNE.uploads if u.endpoint.envelope == kind],
                "ids": upload.ids,
                "columns": [_column(field) for field in _columns(upload)],
                "trigger": triggers[upload.key],
            }
            for kind, upload in UPLOAD_OF.items()
        }
    }


def _columns(upload: Upload) -> list[Field]:
    """Return the fields in the order of a table, whose first column names the row."""
    names = [f for f in upload.fields if f.required and f.type == "string" and not f.is_id]
    return [*names[:1], *(field for field in upload.fields if field not in names[:1])]


def _column(field: Field) -> dict[str, Json]:
    return {"key": field.key, "label": field.label, "type": field.type}
