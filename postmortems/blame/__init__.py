"""The blameless check (clauses principle.blameless, postmortem.blameless-rule): texts in, findings out. Pure: no Django, no database."""

from postmortems.blame.finding import Checker, Finding, Place, checker
from postmortems.blame.people import Person

__all__ = ["Checker", "Finding", "Person", "Place", "checker"]
