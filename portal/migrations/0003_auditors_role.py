"""The auditor's own role: it selects, behind the same walls, from everything but secrets, and can do nothing else (clause people.auditor)."""

from django.db import migrations

from tenants.auditor_walls import AuditorsRole


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0002_live"),
        ("tenants", "0006_signed_context"),
        ("ledger", "0006_answers_tell_of_events"),
        ("standard", "0008_process_walls"),
        ("notifications", "0005_contact_walls"),
        ("oncall", "0011_service_tiers"),
        ("incidents", "0018_service_components"),
        ("postmortems", "0004_no_items_needed"),
        ("metrics", "0001_figures"),
    ]
    operations = [AuditorsRole()]
