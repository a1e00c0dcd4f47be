"""A legal hold keeps an incident, a person or a period, and is released in two steps by two people."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import tenants.walled
from ledger.guards import Regard
from tenants.together import together
from tenants.walls import DropLoneIndexes


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0019_break_glass"),
        ("tenants", "0005_own_work"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="historicallegalhold",
            name="ends_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="historicallegalhold",
            name="person",
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
            model_name="historicallegalhold",
            name="release_asked_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="historicallegalhold",
            name="starts_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="ends_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="person",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="release_asked_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="starts_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="legalhold",
            name="incident",
            field=tenants.walled.TenantKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="holds",
                to="incidents.incident",
            ),
        ),
        migrations.AddIndex(
            model_name="legalhold",
            index=models.Index(
                condition=models.Q(("released_at__isnull", True)), fields=["organisation", "incident"], name="hold_standing"
            ),
        ),
        migrations.AddConstraint(
            model_name="legalhold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ends_at__isnull", True),
                        ("incident__isnull", False),
                        ("person__isnull", True),
                        ("starts_at__isnull", True),
                    ),
                    models.Q(
                        ("ends_at__isnull", True),
                        ("incident__isnull", True),
                        ("person__isnull", False),
                        ("starts_at__isnull", True),
                    ),
                    models.Q(("incident__isnull", True), ("person__isnull", True), ("starts_at__isnull", False)),
                    _connector="OR",
                ),
                name="a_hold_keeps_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="legalhold",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__isnull", True), ("ends_at__gt", models.F("starts_at")), _connector="OR"),
                name="a_hold_ends_after_it_starts",
            ),
        ),
        migrations.AddConstraint(
            model_name="legalhold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("released_at__isnull", True),
                    models.Q(
                        ("release_asked_at__isnull", False),
                        ("released_by__isnull", False),
                        ("second_person__isnull", False),
                        models.Q(("released_by", models.F("second_person")), _negated=True),
                        models.Q(("release_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="released_by_two",
            ),
        ),
        Regard("incidents", "legalhold"),
        DropLoneIndexes("incidents"),
    ]
    operations = together(operations)
