"""The ledger's walls and guards, and those of the history of the room below."""

from django.db import migrations

from ledger.guards import REFUSE, append_only, audited
from ledger.sql import DUE_OUTBOX, EVENT_STAMP, FORGET_ANSWERS
from tenants.walls import Grant, Sql, Wall


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("tenants", "0002_walls")]
    operations = [
        Sql(REFUSE),
        *append_only("ledger", "event"),
        Wall("ledger", "incidentsequence", rights="SELECT"),
        Wall("ledger", "outbox"),
        Wall("ledger", "rememberedanswer"),
        Grant("ledger_heartbeat", "SELECT, INSERT, UPDATE"),
        Sql(EVENT_STAMP),
        Sql(DUE_OUTBOX),
        Sql(FORGET_ANSWERS),
        *audited("tenants", "membership", "dutyholder", "apitoken", walls=False),
    ]
