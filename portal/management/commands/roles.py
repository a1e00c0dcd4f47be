"""`manage.py roles`: make the database's roles and the database, on servers of your own."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.embedded.errors import EmbeddedError
from portal.embedded.roles import make_roles

VARIABLES = {
    "DATABASE_ADMIN_URL": "a superuser, who makes the roles (postgresql://postgres@host/postgres)",
    "DATABASE_OWNER_URL": "the role that owns the tables (postgresql://muster_owner:password@host/muster)",
    "DATABASE_URL": "the role that serves (postgresql://muster_app:password@host/muster)",
    "DATABASE_AUDITOR_URL": "the role that auditors read with (postgresql://muster_auditor:password@host/muster)",
    "DATABASE_SEALER_URL": "the role that seals the ledger (postgresql://muster_sealer:password@host/muster)",
}


class Command(BaseCommand):
    """Make the roles that DATABASE_OWNER_URL, DATABASE_URL, DATABASE_AUDITOR_URL and DATABASE_SEALER_URL name, and their database."""

    help = "Make the database roles and the database that these addresses name, as DATABASE_ADMIN_URL."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """For servers that tests run on."""
        parser.add_argument(
            "--tests", action="store_true", help="let the serving role become the auditor's, as rolled-back tests need"
        )

    def handle(self, *args: Any, tests: bool, **options: Any) -> None:
        """Read the addresses and do it."""
        if missing := [f"{name}: {meaning}" for name, meaning in VARIABLES.items() if not os.environ.get(name)]:
            raise CommandError("Please set in the environment\n  " + "\n  ".join(missing))
        try:
            make_roles(*(os.environ[name] for name in VARIABLES), for_tests=tests)
        except EmbeddedError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("The roles and the database are as they must be.")
