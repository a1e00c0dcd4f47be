"""`manage.py roles`: make the database's roles and the database, on servers of your own."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.embedded.errors import EmbeddedError
from portal.embedded.roles import make_roles

VARIABLES = {
    "DATABASE_ADMIN_URL": "a superuser, who makes the roles (postgresql://postgres@host/postgres)",
    "DATABASE_OWNER_URL": "the role that owns the tables (postgresql://muster_owner:password@host/muster)",
    "DATABASE_URL": "the role that serves (postgresql://muster_app:password@host/muster)",
    "DATABASE_SEALER_URL": "the role that seals the ledger (postgresql://muster_sealer:password@host/muster)",
}


class Command(BaseCommand):
    """Make the roles that DATABASE_OWNER_URL, DATABASE_URL and DATABASE_SEALER_URL name, and their database."""

    help = "Make the database roles and the database that these addresses name, as DATABASE_ADMIN_URL."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the addresses and do it."""
        if missing := [f"{name}: {meaning}" for name, meaning in VARIABLES.items() if not os.environ.get(name)]:
            raise CommandError("Please set in the environment\n  " + "\n  ".join(missing))
        try:
            make_roles(*(os.environ[name] for name in VARIABLES))
        except EmbeddedError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("The roles and the database are as they must be.")
