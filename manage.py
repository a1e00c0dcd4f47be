#!/usr/bin/env python
"""Muster's command line: `manage.py <command>`.

Commands that build or administer the database connect as its owner; everything else, like the web and the
workers, connects as the serving role and lives inside the tenants' walls.
"""

import os
import sys

OWNER_COMMANDS = frozenset({"migrate", "makemigrations", "sqlmigrate", "showmigrations", "organisation", "seed", "context_key"})


def main() -> None:
    """Run one command, as the owner role where the command needs it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ["MUSTER_DATABASE_AS"] = "owner"
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
