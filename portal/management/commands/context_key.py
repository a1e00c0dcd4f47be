"""`manage.py context_key`: let the database believe what is signed with this installation's key (docs/operations.md)."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from tenants import context


class Command(BaseCommand):
    """Install the key that MUSTER_CONTEXT_KEY_FILE names, beside those there are, or alone."""

    help = "Install the key that signs contexts. `migrate` does it too; this is for changing it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether the others go."""
        parser.add_argument(
            "--alone", action="store_true", help="believe no other key any more: what still signs with one is refused"
        )

    @transaction.atomic
    def handle(self, *args: Any, alone: bool, **options: Any) -> None:
        """Do it, as the owner role."""
        context.install(settings.CONTEXT_KEY, alone=alone)
        self.stdout.write("The database believes this key" + (", and no other." if alone else "."))
