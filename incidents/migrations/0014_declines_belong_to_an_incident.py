"""Who declined a page of an incident is behind its walls like who was called; also where the page was there before the incident."""

from django.db import migrations

from tenants.walls import NeedToKnow, Sql


class Migration(migrations.Migration):
    dependencies = [("incidents", "0013_routing_outcomes"), ("oncall", "0008_policy_walls")]
    operations = [
        Sql(
            'ALTER TABLE oncall_pagedecline ADD CONSTRAINT "oncall_pagedecline_incident_within" FOREIGN KEY (organisation_id, '
            "incident_id) REFERENCES incidents_incident (organisation_id, id) DEFERRABLE INITIALLY DEFERRED"
        ),
        NeedToKnow("oncall", "pagedecline"),
        Sql(
            "CREATE POLICY need_to_know_before ON oncall_pagedecline AS RESTRICTIVE TO {role} "
            "USING (incident_id IS NOT NULL OR page_id NOT IN (SELECT muster.hidden_pages()));"
        ),
    ]
