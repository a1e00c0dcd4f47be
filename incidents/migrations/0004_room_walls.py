"""Walls and guards of the room's new tables; and the second wall, need to know, on everything that belongs to an incident."""

from django.db import migrations

from ledger.guards import Regard, append_only, audited
from tenants.walls import NeedToKnow, Within

AUDITED = (
    "roleoffer",
    "handover",
    "checklisttick",
    "hypothesis",
    "change",
    "order",
    "updatepolicy",
    "component",
    "componentstate",
    "flag",
    "needtoknow",
    "legalhold",
    "snapshotrequest",
)
OF_AN_INCIDENT = (
    *(name for name in AUDITED if name not in ("updatepolicy", "component")),
    "incidentservice",
    "participant",
    "roleholding",
    "statusupdate",
    "signal",
)


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0003_room"),
        ("tenants", "0003_need_to_know"),
        ("ledger", "0002_guards"),
        ("standard", "0002_guards"),
        ("notifications", "0002_guards"),
        ("oncall", "0002_guards"),
    ]
    operations = [
        *audited("incidents", *AUDITED),
        *append_only("incidents", "attachment"),
        Within("incidents", "incident", "merged_into"),
        Regard("incidents", "incident"),
        Regard("incidents", "statusupdate"),
        NeedToKnow("incidents", "incident", "historicalincident", column="id"),
        NeedToKnow("incidents", *OF_AN_INCIDENT, *(f"historical{name}" for name in OF_AN_INCIDENT)),
        NeedToKnow("incidents", "attachment", "alert", "inbound"),
        NeedToKnow("ledger", "event", "incidentsequence"),
        NeedToKnow("standard", "clock", "historicalclock"),
        NeedToKnow("notifications", "delivery", "attempt"),
        NeedToKnow("oncall", "page", "historicalpage", "pagestep"),
    ]
