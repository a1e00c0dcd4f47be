"""What this room keeps, by its parts."""

from compliance.models.duties import DutyCase, DutyFiling, DutyStart, RegulatorRule

__all__ = ["DutyCase", "DutyFiling", "DutyStart", "RegulatorRule"]
