"""Give the organisations that are there already the components that new ones are founded with (clause tools.components).

An organisation that has components of its own keeps them. Each row comes with its history and its event, as `configure` leaves them.
"""

from typing import Any

from django.db import migrations

SHIPPED = (
    ("api", "API"),
    ("web-app", "Web App"),
    ("ios", "iOS"),
    ("android", "Android"),
    ("payments", "Payments"),
    ("third-party", "Third-party dependencies"),
)

ROWS = """
INSERT INTO incidents_component (organisation_id, slug, name, position)
SELECT o.id, c.slug, c.name, c.position
FROM tenants_organisation o CROSS JOIN unnest(%s::text[], %s::text[]) WITH ORDINALITY AS c(slug, name, position)
WHERE NOT EXISTS (SELECT 1 FROM incidents_component own WHERE own.organisation_id = o.id)
RETURNING id, organisation_id, slug, name, position
"""
HISTORY = """
INSERT INTO incidents_historicalcomponent (id, organisation_id, slug, name, position, history_type, history_date, history_xid)
SELECT id, organisation_id, slug, name, position, '+', clock_timestamp(), 0 FROM incidents_component WHERE id = ANY(%s)
"""
EVENTS = """
INSERT INTO ledger_event (organisation_id, kind, subject_type, subject_id, actor_kind, actor_name, via, request_id, occurred_at, data)
SELECT organisation_id, 'configuration.changed', 'incidents.component', id, 'system', 'Muster', 'command', '', clock_timestamp(),
  jsonb_build_object('what', 'created', 'name', name, 'model', 'component', 'changes', jsonb_build_object(
    'slug', jsonb_build_array(NULL, slug), 'name', jsonb_build_array(NULL, name), 'position', jsonb_build_array(NULL, position)))
FROM incidents_component WHERE id = ANY(%s) ORDER BY id
"""


def ship(apps: Any, editor: Any) -> None:
    """Insert what is missing. Runs as the owner role, who stands outside the walls."""
    with editor.connection.cursor() as cursor:
        cursor.execute(ROWS, [[slug for slug, _ in SHIPPED], [name for _, name in SHIPPED]])
        made = [row[0] for row in cursor.fetchall()]
        cursor.execute(HISTORY, [made])
        cursor.execute(EVENTS, [made])


class Migration(migrations.Migration):
    dependencies = [("incidents", "0009_awaited_approvals"), ("ledger", "0002_guards"), ("tenants", "0003_need_to_know")]
    operations = [migrations.RunPython(ship, migrations.RunPython.noop)]
