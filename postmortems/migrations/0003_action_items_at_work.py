"""Who ended an action item and when its owner was reminded; and the traits by which similar past incidents are found."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import tenants.scope
import tenants.walled
from ledger.guards import Regard
from postmortems.sql import LEARN_ALL
from tenants.together import together
from tenants.walls import DropLoneIndexes, NeedToKnow, Sql, Wall


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0016_raw_requests_by_their_door"),
        ("postmortems", "0002_guards"),
        ("tenants", "0005_own_work"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="actionitem",
            name="ended_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="actionitem",
            name="reminded_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="historicalactionitem",
            name="ended_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalactionitem",
            name="reminded_at",
            field=models.DateTimeField(null=True),
        ),
        Regard("postmortems", "actionitem"),
        migrations.CreateModel(
            name="Trait",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("trait", models.CharField(max_length=80)),
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
            ],
            options={
                "indexes": [models.Index(fields=["organisation", "incident"], name="trait_by_incident")],
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "trait", "incident"), name="a_trait_once_an_incident")
                ],
            },
        ),
        Wall("postmortems", "trait", rights="SELECT, INSERT, DELETE"),
        NeedToKnow("postmortems", "trait"),
        DropLoneIndexes("postmortems"),
        # Trusted: the database's owner may have it. It judges how alike two titles are; what is searched are traits.
        Sql("CREATE EXTENSION IF NOT EXISTS pg_trgm"),
        Sql(LEARN_ALL),
    ]
    operations = together(operations)
