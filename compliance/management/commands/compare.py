"""`manage.py compare` holds every history row and every fact against its entry in the ledger, and names what differs."""

import sys
from typing import Any

from ledger.comparing import faults
from tenants.commands import EachOrganisation
from tenants.scope import organisation_id


class Command(EachOrganisation):
    """Compare the rows of these organisations with the ledger."""

    help = "Hold every history row and every fact against its entry in the ledger. Ends with 0 when all agree, 1 when not."

    def handle(self, *args: Any, **options: Any) -> None:
        """One organisation after the other; all of them, before it ends."""
        self.wrong = 0
        super().handle(*args, **options)
        if self.wrong:
            sys.exit(1)

    def do(self) -> list[str]:
        """What differs, one by one."""
        found = [str(fault) for fault in faults(organisation_id())]
        self.wrong += len(found)
        return found or ["every row is what the ledger says"]
