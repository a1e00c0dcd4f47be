"""`manage.py seed`: the demonstration organisations, and demo.json that says who may sign in."""

import json
import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal import demo

ORGANISATIONS = {"acme": "Acme", "globex": "Globex"}


class Command(BaseCommand):
    """Make acme and globex, once."""

    help = "Make the demonstration organisations and write demo.json (mode 0600). Does nothing where they are there already."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where demo.json goes, and the address it names."""
        parser.add_argument("--data", type=Path, default=Path("var"))
        parser.add_argument("--base-url", default="http://127.0.0.1:8000")

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed what is missing."""
        file: Path = options["data"] / "demo.json"
        document: dict[str, Any] = {"base_url": options["base_url"], "organisations": []}
        if file.exists():
            document["organisations"] = json.loads(file.read_text(encoding="utf-8"))["organisations"]
        known = {entry["slug"] for entry in document["organisations"]}
        for slug, name in ORGANISATIONS.items():
            if slug not in known and not demo.exists(slug):
                document["organisations"].append(demo.build(slug, name))
                demo.schedule(slug)
                demo.show_status(slug)
        options["data"].mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".tmp")
        with open(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            json.dump(document, out, indent=2)
        draft.rename(file)
