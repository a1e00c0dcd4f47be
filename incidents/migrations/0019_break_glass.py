"""How somebody came on the list of a restricted incident whom nobody on it named: through break glass, which has an end."""

from django.db import migrations, models
from django.db.models import Q

from ledger.guards import Regard
from tenants.together import together


def _via() -> "models.CharField[str, str]":
    return models.CharField(blank=True, choices=[("break_glass", "Break glass")], default="", max_length=20)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0018_service_components")]

    operations = [
        migrations.AddField("needtoknow", "via", _via(), preserve_default=False),
        migrations.AddField("historicalneedtoknow", "via", _via(), preserve_default=False),
        Regard("incidents", "needtoknow"),
        migrations.AddConstraint(
            "needtoknow",
            models.CheckConstraint(name="broken_glass_has_an_end", condition=~Q(via="break_glass") | Q(expires_at__isnull=False)),
        ),
    ]
    operations = together(operations)
