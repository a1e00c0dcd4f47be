"""Evidence packs of an audit engagement, for its auditor alone (clauses evidence.export, people.auditor)."""

import django.db.models.deletion
from django.db import migrations, models

import tenants.walled
from compliance.packs_sql import ENGAGEMENTS, shown_to
from ledger.guards import Regard
from tenants.together import together
from tenants.walls import DropLoneIndexes, Sql, Within


def _of_one(name: str, on_delete: object = django.db.models.deletion.PROTECT, **options: object) -> tenants.walled.TenantKey:
    return tenants.walled.TenantKey(
        db_constraint=False, null=True, on_delete=on_delete, related_name=name, to="compliance.auditengagement", **options
    )


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0010_outside_custodians"),
        ("incidents", "0021_room_facts"),
        ("tenants", "0006_signed_context"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="evidencepack", name="a_pack_is_of_one_thing"),
        migrations.AddField(model_name="evidencepack", name="engagement", field=_of_one("evidence_packs")),
        migrations.AddField(
            model_name="historicalevidencepack",
            name="engagement",
            field=_of_one("+", django.db.models.deletion.DO_NOTHING, blank=True),
        ),
        migrations.AddField(model_name="packpart", name="engagement", field=_of_one("+")),
        migrations.AddConstraint(
            model_name="evidencepack",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ends_before__isnull", True),
                        ("engagement__isnull", True),
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
        Within("compliance", "evidencepack", "engagement"),
        Within("compliance", "packpart", "engagement"),
        Regard("compliance", "evidencepack"),
        DropLoneIndexes("compliance"),
        Sql(ENGAGEMENTS),
        *(Sql(shown_to(f"compliance_{name}")) for name in ("evidencepack", "historicalevidencepack", "packpart")),
    ]
    operations = together(operations)
