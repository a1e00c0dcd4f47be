"""An erasure reaches custodians of legal holds too: members, and those outside, who have no account (breach.preserve-logs).

And what an organisation settles about reviews of access is never laxer than the standard (evidence.access-review).
"""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import compliance.models.access_policy
import tenants.walled
from compliance.erasing_sql import ERASING_CUSTODIANS
from ledger.guards import Regard
from tenants.together import together
from tenants.walls import DropLoneIndexes, Sql, Within

# No laxer than the standard: what the database holds is as it was.
POLICY = (
    (
        "review_from",
        models.IntegerField(
            choices=[(2, "SEV 2"), (3, "SEV 3"), (4, "SEV 4")],
            default=2,
            help_text="The standard asks for SEV 1 and 2, and for what is flagged: more may be reviewed, not less.",
            verbose_name="Review from",
        ),
    ),
    (
        "review_days",
        models.IntegerField(
            default=5,
            help_text="At most as many as the standard gives.",
            validators=[
                django.core.validators.MinValueValidator(1),
                django.core.validators.MaxValueValidator(60),
                compliance.models.access_policy.no_later_than_the_standard,
            ],
            verbose_name="Business days for a review",
        ),
    ),
)


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0011_engagement_packs"),
        ("notifications", "0005_contact_walls"),
        ("ledger", "0007_ledger"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(model_name="custodiantask", name="erased_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="historicalcustodiantask", name="erased_at", field=models.DateTimeField(null=True)),
        migrations.AlterField(
            model_name="erasurerequest",
            name="person",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="erasurerequest",
            name="custodian",
            field=tenants.walled.TenantKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="compliance.custodiantask",
            ),
        ),
        migrations.AddField(
            model_name="historicalerasurerequest",
            name="custodian",
            field=tenants.walled.TenantKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="compliance.custodiantask",
            ),
        ),
        migrations.AddConstraint(
            model_name="custodiantask",
            constraint=models.CheckConstraint(
                condition=models.Q(("erased_at__isnull", True), ("over_at__isnull", False), _connector="OR"),
                name="erased_once_it_is_over",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasurerequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "asked")),
                fields=("organisation", "custodian"),
                name="one_open_erasure_a_custodian",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasurerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("custodian__isnull", True), ("person__isnull", False)),
                    models.Q(("custodian__isnull", False), ("person__isnull", True)),
                    _connector="OR",
                ),
                name="an_erasure_is_of_one",
            ),
        ),
        *(
            migrations.AlterField(model_name=model, name=name, field=field)
            for model in ("accesspolicy", "historicalaccesspolicy")
            for name, field in POLICY
        ),
        Within("compliance", "erasurerequest", "custodian"),
        Regard("compliance", "custodiantask"),
        Regard("compliance", "erasurerequest"),
        DropLoneIndexes("compliance"),
        Sql(ERASING_CUSTODIANS),
    ]
    operations = together(operations)
