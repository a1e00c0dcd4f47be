"""How much depends on a service."""

from django.conf import settings
from django.db import migrations, models

from ledger.guards import Regard


class Migration(migrations.Migration):
    dependencies = [
        ("oncall", "0010_watchdog"),
        ("tenants", "0005_own_work"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalservice",
            name="tier",
            field=models.IntegerField(
                blank=True,
                choices=[
                    (1, "Tier 1: without it nobody works, or nobody buys"),
                    (2, "Tier 2: without it a core feature is gone"),
                    (3, "Tier 3: without it something is missed"),
                    (4, "Tier 4: without it few notice"),
                ],
                help_text="How much depends on it.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="service",
            name="tier",
            field=models.IntegerField(
                blank=True,
                choices=[
                    (1, "Tier 1: without it nobody works, or nobody buys"),
                    (2, "Tier 2: without it a core feature is gone"),
                    (3, "Tier 3: without it something is missed"),
                    (4, "Tier 4: without it few notice"),
                ],
                help_text="How much depends on it.",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="service",
            constraint=models.CheckConstraint(
                condition=models.Q(("tier__isnull", True), models.Q(("tier__gte", 1), ("tier__lte", 4)), _connector="OR"),
                name="a_tier_is_one_to_four",
            ),
        ),
        Regard("oncall", "service"),
    ]
