"""`manage.py duties SLUG [FILE]`: loads rules of law for an organisation from a file, or the shipped ones; each is off until approved."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.actions.duties_rules import load_rules
from tenants.actors import Via, system
from tenants.credentials import organisation_by_slug
from tenants.refusals import Refused
from tenants.scope import scope


class Command(BaseCommand):
    """Load rules of law."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """The organisation, and the file."""
        parser.add_argument("slug")
        parser.add_argument("file", nargs="?", type=Path, help="YAML; without it, the rules that are shipped")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load them; a refusal is a sentence."""
        found = organisation_by_slug(options["slug"])
        if found is None:
            raise CommandError(f"There is no organisation {options['slug']}.")
        try:
            content = options["file"].read_text(encoding="utf-8") if options["file"] else ""
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}") from error
        if options["file"] and not content.strip():
            raise CommandError(f"{options['file']} is empty.")
        try:
            with scope(found, surface=Via.COMMAND):
                made = load_rules(by=system(found, Via.COMMAND), content=content)
                told = [f"{rule}, {rule.regime}: {rule.stage}" for rule in made]
        except Refused as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n".join([*told, "Each is off until Legal Counsel approves it."]))
