"""More kinds of integration, with what they need: signatures, a mapping, and what a source says of an alert besides firing."""

from django.db import migrations, models

from ledger.guards import Regard
from tenants.together import together


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0011_restriction_before_the_incident"),
    ]

    operations = [
        migrations.AddField(
            model_name="alert",
            name="acknowledged_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="historicalintegration",
            name="mapping",
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.AddField(
            model_name="historicalintegration",
            name="signed",
            field=models.BooleanField(
                default=False, help_text="Grafana: refuse what is not signed with the secret.", verbose_name="must be signed"
            ),
        ),
        migrations.AddField(
            model_name="inbound",
            name="note",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name="integration",
            name="mapping",
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.AddField(
            model_name="integration",
            name="signed",
            field=models.BooleanField(
                default=False, help_text="Grafana: refuse what is not signed with the secret.", verbose_name="must be signed"
            ),
        ),
        migrations.AlterField(
            model_name="historicalintegration",
            name="kind",
            field=models.CharField(
                choices=[
                    ("alertmanager", "Prometheus Alertmanager"),
                    ("grafana", "Grafana"),
                    ("datadog", "Datadog"),
                    ("pagerduty", "PagerDuty Events API v2"),
                    ("generic", "Anything that posts JSON"),
                ],
                default="alertmanager",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="integration",
            name="kind",
            field=models.CharField(
                choices=[
                    ("alertmanager", "Prometheus Alertmanager"),
                    ("grafana", "Grafana"),
                    ("datadog", "Datadog"),
                    ("pagerduty", "PagerDuty Events API v2"),
                    ("generic", "Anything that posts JSON"),
                ],
                default="alertmanager",
                max_length=20,
            ),
        ),
        Regard("incidents", "integration"),
    ]
    operations = together(operations)
