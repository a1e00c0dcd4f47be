"""Evidence packs, the queue of those still to be made, and their bytes (clause evidence.export)."""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import tenants.scope
import tenants.time
import tenants.walled
from ledger.guards import audited
from tenants.together import together
from tenants.walls import NeedToKnow, Sql, Wall

DUE_PACKS = """
CREATE FUNCTION muster.due_packs(timestamptz, integer) RETURNS TABLE (organisation_id bigint, id bigint) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT w.organisation_id, w.pack_id FROM compliance_packwork w WHERE w.next_at <= $1 ORDER BY w.next_at LIMIT $2 $$;
"""

# A pack of a period tells of what whoever asked may see: to everybody else the database shows neither it nor its bytes.
THEIRS = """
CREATE POLICY need_to_know_period ON {table} AS RESTRICTIVE TO {{readers}} USING (incident_id IS NOT NULL
  OR asked_by_id = (SELECT muster.person()) OR (SELECT muster.own_work()));
"""


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0005_access"),
        ("incidents", "0018_service_components"),
        ("tenants", "0005_own_work"),
        ("ledger", "0007_ledger"),
    ]

    operations = [
        migrations.CreateModel(
            name="EvidencePack",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("incident", "Incident"), ("period", "Period")], max_length=10)),
                ("starts_on", models.DateField(null=True)),
                ("ends_before", models.DateField(null=True)),
                (
                    "cause",
                    models.CharField(
                        choices=[("asked", "Asked for"), ("ended", "Made at its end"), ("closed", "Made when it was closed")],
                        max_length=10,
                    ),
                ),
                ("asked_at", models.DateTimeField(default=tenants.time.now)),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "Asked for"), ("ready", "Ready"), ("failed", "Failed")], default="asked", max_length=10
                    ),
                ),
                ("why", models.TextField(blank=True)),
                ("name", models.CharField(max_length=120)),
                ("size", models.BigIntegerField(null=True)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("checkpoint_size", models.BigIntegerField(null=True)),
                ("made_at", models.DateTimeField(null=True)),
                ("shown", models.JSONField(default=list)),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "incident",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evidence_packs",
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
        ),
        migrations.CreateModel(
            name="HistoricalEvidencePack",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("history_xid", models.BigIntegerField(default=0, editable=False)),
                ("kind", models.CharField(choices=[("incident", "Incident"), ("period", "Period")], max_length=10)),
                ("starts_on", models.DateField(null=True)),
                ("ends_before", models.DateField(null=True)),
                (
                    "cause",
                    models.CharField(
                        choices=[("asked", "Asked for"), ("ended", "Made at its end"), ("closed", "Made when it was closed")],
                        max_length=10,
                    ),
                ),
                ("asked_at", models.DateTimeField(default=tenants.time.now)),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "Asked for"), ("ready", "Ready"), ("failed", "Failed")], default="asked", max_length=10
                    ),
                ),
                ("why", models.TextField(blank=True)),
                ("name", models.CharField(max_length=120)),
                ("size", models.BigIntegerField(null=True)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("checkpoint_size", models.BigIntegerField(null=True)),
                ("made_at", models.DateTimeField(null=True)),
                ("shown", models.JSONField(default=list)),
                ("history_user_id", models.BigIntegerField(null=True)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
                (
                    "asked_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    tenants.walled.TenantKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        default=tenants.scope.organisation_id,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.organisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical evidence pack",
                "verbose_name_plural": "historical evidence packs",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="PackPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "incident",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("number", models.IntegerField()),
                ("body", models.BinaryField()),
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
                    "pack",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parts",
                        to="compliance.evidencepack",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PackWork",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "incident",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
                ("next_at", models.DateTimeField(default=tenants.time.now)),
                ("began_at", models.DateTimeField(null=True)),
                ("attempts", models.IntegerField(default=0)),
                ("percent", models.IntegerField(default=0)),
                ("step", models.CharField(blank=True, max_length=120)),
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
                    "pack",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="work",
                        to="compliance.evidencepack",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="evidencepack",
            index=models.Index(fields=["organisation", "-id"], name="pack_newest"),
        ),
        migrations.AddConstraint(
            model_name="evidencepack",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ends_before__isnull", True),
                        ("incident__isnull", False),
                        ("kind", "incident"),
                        ("starts_on__isnull", True),
                    ),
                    models.Q(
                        ("ends_before__gt", models.F("starts_on")),
                        ("incident__isnull", True),
                        ("kind", "period"),
                        ("starts_on__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="a_pack_is_of_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidencepack",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "ready"), _negated=True),
                    models.Q(
                        ("checkpoint_size__isnull", False),
                        ("made_at__isnull", False),
                        ("size__isnull", False),
                        models.Q(("sha256", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="a_ready_pack_has_its_bytes",
            ),
        ),
        migrations.AddConstraint(
            model_name="packpart",
            constraint=models.UniqueConstraint(fields=("organisation", "pack", "number"), name="a_part_once"),
        ),
        migrations.AddIndex(
            model_name="packwork",
            index=models.Index(fields=["next_at"], name="pack_work_due"),
        ),
        migrations.AddConstraint(
            model_name="packwork",
            constraint=models.UniqueConstraint(fields=("organisation", "pack"), name="one_work_a_pack"),
        ),
        *audited("compliance", "evidencepack"),
        Wall("compliance", "packwork"),
        Wall("compliance", "packpart", rights="SELECT, INSERT, DELETE"),
        NeedToKnow("compliance", "evidencepack", "historicalevidencepack", "packwork", "packpart"),
        *(Sql(THEIRS.format(table=f"compliance_{name}")) for name in ("evidencepack", "historicalevidencepack", "packpart")),
        Sql(DUE_PACKS),
    ]
    operations = together(operations)
