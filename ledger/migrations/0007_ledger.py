"""The ledger and its seal. It comes after all tables that it is told of; what they hold already is entered as of now."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import tenants.scope
from ledger.entries import EnteredEverywhere, sealer_role
from ledger.entries_sql import ENTER, ENVELOPE, KEEP, KNOW, SEALING
from ledger.guards import AppendOnly, append_only
from tenants.together import together
from tenants.walls import NeedToKnow, Sql, Wall


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0006_answers_tell_of_events"),
        ("tenants", "0005_own_work"),
        ("standard", "0008_process_walls"),
        ("notifications", "0005_contact_walls"),
        ("oncall", "0011_service_tiers"),
        ("incidents", "0018_service_components"),
        ("postmortems", "0004_no_items_needed"),
        ("metrics", "0001_figures"),
        ("portal", "0002_live"),
    ]

    operations = together(
        [
            migrations.CreateModel(
                name="Checkpoint",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("size", models.BigIntegerField()),
                    ("root", models.BinaryField()),
                    ("note", models.TextField()),
                    ("key", models.BinaryField()),
                    ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ("system", models.BigIntegerField()),
                    ("through_xid", models.BigIntegerField()),
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
                    "constraints": [models.UniqueConstraint(fields=("organisation", "size"), name="one_checkpoint_a_size")],
                },
            ),
            migrations.CreateModel(
                name="Entry",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("xid", models.BigIntegerField()),
                    ("incident_id", models.BigIntegerField(null=True)),
                    ("table", models.CharField(max_length=63)),
                    ("pk_text", models.CharField(db_column="pk", max_length=63)),
                    ("op", models.CharField(max_length=1)),
                    ("at", models.DateTimeField()),
                    ("role", models.CharField(max_length=63)),
                    ("actor", models.BigIntegerField(null=True)),
                    ("envelope", models.TextField()),
                    ("salt", models.BinaryField(null=True)),
                    ("body", models.TextField(null=True)),
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
                    "indexes": [
                        models.Index(fields=["organisation", "xid", "id"], name="entry_to_seal"),
                        models.Index(fields=["organisation", "incident_id", "id"], name="entry_of_incident"),
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("salt__isnull", True), ("body__isnull", True)),
                                models.Q(
                                    models.Q(("salt__isnull", True), _negated=True),
                                    models.Q(("body__isnull", True), _negated=True),
                                ),
                                _connector="OR",
                            ),
                            name="salt_with_body",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Leaf",
                fields=[
                    ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                    ("index", models.BigIntegerField()),
                    ("hash", models.BinaryField()),
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
                    "constraints": [models.UniqueConstraint(fields=("organisation", "index"), name="one_leaf_an_index")],
                },
            ),
            migrations.CreateModel(
                name="Redaction",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("entry", models.BigIntegerField()),
                    ("incident_id", models.BigIntegerField(null=True)),
                    ("redacted_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ("by_id", models.BigIntegerField(null=True)),
                    ("by_name", models.CharField(max_length=120)),
                    ("reason", models.TextField()),
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
                    "constraints": [models.UniqueConstraint(fields=("organisation", "entry"), name="one_redaction_an_entry")],
                },
            ),
            migrations.CreateModel(
                name="SealState",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("sealed_at", models.DateTimeField(null=True)),
                    ("halted_at", models.DateTimeField(null=True)),
                    ("why", models.TextField(blank=True, db_default="", default="")),
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
                    "constraints": [models.UniqueConstraint(fields=("organisation",), name="one_seal_state")],
                },
            ),
            migrations.CreateModel(
                name="Tile",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("level", models.SmallIntegerField()),
                    ("index", models.BigIntegerField()),
                    ("hash", models.BinaryField()),
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
                    "constraints": [models.UniqueConstraint(fields=("organisation", "level", "index"), name="one_tile_an_index")],
                },
            ),
            *(Wall("ledger", model, rights="SELECT") for model in ("entry", "leaf", "tile", "checkpoint", "sealstate")),
            *(AppendOnly("ledger", model) for model in ("leaf", "tile", "checkpoint")),
            Sql(ENVELOPE),
            Sql(ENTER),
            *append_only("ledger", "redaction"),
            Sql(KEEP),
            NeedToKnow("ledger", "entry", "redaction"),
            *(Sql(KNOW.replace("{table}", table)) for table in ("ledger_entry", "ledger_redaction")),
            Sql(SEALING.replace("{sealer}", sealer_role())),
            EnteredEverywhere(),
        ]
    )
