"""`manage.py clauses` writes the table of docs/conformance.md from the code."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from compliance.conformance.described import into

PAGE = Path(settings.BASE_DIR) / "docs" / "conformance.md"


class Command(BaseCommand):
    """Write the table of clauses and how each is judged."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it in its place."""
        PAGE.write_text(into(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
