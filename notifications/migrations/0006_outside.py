"""A message may go to somebody who has no account: by e-mail, to the address that its template knows."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0007_ledger"),
        ("notifications", "0005_contact_walls"),
        ("tenants", "0006_signed_context"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="delivery",
            name="recipient",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("recipient__isnull", False), models.Q(("channel", "email"), ("method__isnull", True)), _connector="OR"
                ),
                name="outside_by_email_only",
            ),
        ),
    ]
