"""Walls and guards; and what the rooms below say about an incident now refers to one of the same organisation."""

from django.db import migrations

from ledger.guards import append_only, audited
from tenants.walls import Sql, Wall

ABOUT_AN_INCIDENT = (
    "ledger_event",
    "ledger_incidentsequence",
    "standard_clock",
    "notifications_delivery",
    "notifications_attempt",
    "oncall_page",
    "oncall_pagestep",
    "incidents_inbound",
    "incidents_alert",
)


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0001_initial"),
        ("standard", "0002_guards"),
        ("notifications", "0002_guards"),
        ("oncall", "0002_guards"),
    ]
    operations = [
        Wall("incidents", "incidentnumber"),
        *audited("incidents", "incident", "incidentservice", "participant", "roleholding", "statusupdate"),
        *audited("incidents", "integration"),
        Wall("incidents", "integrationsecret"),
        Wall("incidents", "integrationpulse"),
        *append_only("incidents", "inbound"),
        *audited("incidents", "routingrule", "signal"),
        Wall("incidents", "alert"),
        *(
            Sql(
                f'ALTER TABLE {table} ADD CONSTRAINT "{table}_incident_within" FOREIGN KEY (organisation_id, incident_id) '
                "REFERENCES incidents_incident (organisation_id, id) DEFERRABLE INITIALLY DEFERRED"
            )
            for table in ABOUT_AN_INCIDENT
        ),
    ]
