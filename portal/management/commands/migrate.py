"""Django's `migrate`, and then the key that signs contexts: without it the tables would show nothing."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connection

from portal.migrating import LazyExecutor
from tenants import context

migrate.MigrationExecutor = LazyExecutor  # type: ignore[attr-defined]  # Django's command offers no other way to choose it


class Command(migrate.Command):
    """Bring the tables up to date, and have the database believe what this installation signs."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse to begin without a key (docs/operations.md), then as Django does it."""
        installs = not (options["plan"] or options["check_unapplied"] or options["migration_name"])
        if installs:
            context.pads(settings.CONTEXT_KEY)
        with connection.cursor() as cursor:  # policies are for all who read
            cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = %s)", [settings.AUDITOR_ROLE])
            if not cursor.fetchone()[0]:
                raise CommandError(
                    f"The role {settings.AUDITOR_ROLE} of DATABASE_AUDITOR_URL is not there: make it with `manage.py roles`."
                )
        super().handle(*args, **options)
        if installs:
            context.install(settings.CONTEXT_KEY)
