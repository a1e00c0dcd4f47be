"""Corrections of when a review took place, as facts beside what was written down."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import tenants.scope
import tenants.walled
from ledger.guards import append_only
from tenants.together import together
from tenants.walls import NeedToKnow


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0021_room_facts"),
        ("postmortems", "0006_why_a_review_is_recorded_late"),
        ("tenants", "0006_signed_context"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="ReviewCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("held_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("reason", models.TextField()),
                (
                    "corrected_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        default=tenants.scope.organisation_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.organisation",
                    ),
                ),
                (
                    "review",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="postmortems.review",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "indexes": [models.Index(fields=["organisation", "review", "id"], name="corrections_of_a_review")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="a_review_is_corrected_for_a_reason"
                    )
                ],
            },
        ),
        *append_only("postmortems", "reviewcorrection"),
        NeedToKnow("postmortems", "reviewcorrection"),
    ]
    operations = together(operations)
