"""What the pages of one audit engagement have around them: the way between them, and as whom the database answers."""

from typing import Any

from django.db import connection
from django.urls import reverse

from compliance.models import AuditEngagement

PLACES = (
    ("audit-population", "Population"),
    ("audit-sample", "Sample"),
    ("audit-controls", "Controls"),
    ("evidence-packs-of-engagement", "Evidence packs"),
)


def read_as() -> dict[str, str]:
    """As whom PostgreSQL answers this page, by its own word."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user::text, current_setting('transaction_read_only')")
        role, read_only = cursor.fetchone()
    return {"role": role, "read_only": read_only}


def around(engagement: AuditEngagement, here: str) -> dict[str, Any]:
    """What each page of one engagement shows around its content."""
    views = [
        {"label": label, "url": reverse(name, args=[engagement.pk]), "current": name == here, "count": ""}
        for name, label in PLACES
    ]
    return {"engagement": engagement, "views": views, "back_url": reverse("audit"), "read_as": read_as()}
