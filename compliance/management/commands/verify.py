"""`manage.py verify`: the verifier that comes with every evidence pack, for operators. It asks neither database nor settings."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from compliance.verify import verify


class Command(BaseCommand):
    """Check an evidence pack."""

    help = "Check an evidence pack (a ZIP file, or a folder). Ends with 0 when it holds, 1 when not, 2 when it could not be run."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """What the verifier takes."""
        parser.add_argument("pack")
        parser.add_argument("--key", default="")
        parser.add_argument("--origin", default="")
        parser.add_argument("--checkpoint", default="")
        parser.add_argument("--format", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the verifier, and end as it does."""
        given = [options["pack"]]
        for name in ("key", "origin", "checkpoint", "format"):
            given += [f"--{name}", options[name]] if options[name] else []
        sys.exit(verify.main(given))
