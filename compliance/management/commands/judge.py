"""`manage.py judge` judges every incident again, from the record: after an upgrade or a repair, or to be sure."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.actions.conformance import judge_all
from tenants.actors import Via
from tenants.credentials import organisation_by_slug
from tenants.scope import scope


class Command(BaseCommand):
    """Judge every incident of these organisations again."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """Which organisations."""
        parser.add_argument("slug", nargs="+", help="an organisation, by its slug")

    def handle(self, *args: Any, **options: Any) -> None:
        """One organisation after the other, each in a transaction of its own."""
        for slug in options["slug"]:
            organisation_id = organisation_by_slug(slug)
            if organisation_id is None:
                raise CommandError(f"There is no organisation {slug}.")
            with scope(organisation_id, surface=Via.COMMAND):
                judged = judge_all()
            self.stdout.write(f"{slug}: {judged:,} incidents judged")
