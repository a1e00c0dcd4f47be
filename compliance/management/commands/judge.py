"""`manage.py judge` judges every incident again, from the record: after an upgrade or a repair, or to be sure."""

from compliance.actions.conformance import judge_all
from tenants.commands import EachOrganisation


class Command(EachOrganisation):
    """Judge every incident of these organisations again."""

    help = __doc__ or ""

    def do(self) -> list[str]:
        """All of them."""
        return [f"{judge_all():,} incidents judged"]
