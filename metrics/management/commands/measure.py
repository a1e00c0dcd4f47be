"""`manage.py measure` makes every figure again, from the record: after a repair, or to be sure."""

from metrics.actions import measure_all
from tenants.commands import EachOrganisation


class Command(EachOrganisation):
    """Measure every incident of these organisations again."""

    help = __doc__ or ""

    def do(self) -> list[str]:
        """All of them."""
        return [f"{measure_all():,} incidents count"]
