"""That a clock of a restricted incident could not be struck is for those who are named on it."""

from django.db import migrations

from tenants.walls import NeedToKnow, Sql


class Migration(migrations.Migration):
    dependencies = [("incidents", "0014_declines_belong_to_an_incident"), ("standard", "0006_clock_failure_walls")]
    operations = [
        Sql(
            'ALTER TABLE standard_clockfailure ADD CONSTRAINT "standard_clockfailure_incident_within" FOREIGN KEY (organisation_id, '
            "incident_id) REFERENCES incidents_incident (organisation_id, id) DEFERRABLE INITIALLY DEFERRED"
        ),
        NeedToKnow("standard", "clockfailure"),
        Sql(  # a page's clock was there before its incident
            "CREATE POLICY need_to_know_before ON standard_clockfailure AS RESTRICTIVE TO {role} "
            "USING (incident_id IS NOT NULL OR clock_id NOT IN (SELECT muster.hidden_clocks()));"
        ),
    ]
