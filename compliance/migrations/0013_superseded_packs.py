"""A pack that was made before an erasure is superseded."""

from django.db import migrations, models

STATES = [("asked", "Asked for"), ("ready", "Ready"), ("failed", "Failed"), ("superseded", "Superseded")]


class Migration(migrations.Migration):
    dependencies = [("compliance", "0012_erased_custodians")]

    operations = [
        migrations.AlterField(
            model_name=name, name="state", field=models.CharField(choices=STATES, default="asked", max_length=10)
        )
        for name in ("evidencepack", "historicalevidencepack")
    ]
