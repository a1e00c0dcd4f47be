"""What a room's commands have in common."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.actors import Via
from tenants.credentials import organisation_by_slug
from tenants.scope import scope


class EachOrganisation(BaseCommand):
    """A command that does one thing for each organisation that it is given, each in a transaction of its own."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Which organisations."""
        parser.add_argument("slug", nargs="+", help="an organisation, by its slug")

    def handle(self, *args: Any, **options: Any) -> None:
        """One after the other. Raises CommandError for a slug that is none."""
        for slug in options["slug"]:
            organisation_id = organisation_by_slug(slug)
            if organisation_id is None:
                raise CommandError(f"There is no organisation {slug}.")
            with scope(organisation_id, surface=Via.COMMAND):
                said = self.do()
            for line in said:
                self.stdout.write(f"{slug}: {line}")

    def do(self) -> Sequence[str]:
        """Do it, within the organisation's walls. Returns what there is to say of it, a line each."""
        raise NotImplementedError
