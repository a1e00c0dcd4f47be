"""Access to production in a lived-in organisation (tests/lived_in.py): every table of it, each text with a word in it."""

from typing import Any

from compliance.access.lines import Line
from compliance.actions import access_glass, access_reviews, access_systems
from compliance.models import AccessFact, AccessPolicy, AccessReview, Decision, ReviewedAccess, Way
from incidents.actions import declare
from incidents.members import member_for
from incidents.models import Incident
from incidents.states import FlagKey, Severity
from ledger.actions import configure
from tenants.actors import Via, system
from tests.conftest import Cast
from tests.postmortems.lived import resolved


def reviewed_access(cast: Cast, word: str, learnt: str, secret: Incident) -> dict[str, Any]:
    """Two systems, who has access, a review of an incident that is over, and broken glass. Returns the values of URL parameters."""
    admin = cast.admin.actor()
    with cast.scope(cast.admin):
        configure(AccessPolicy(), {"review_days": 4}, by=admin)
        made = access_systems.register_system(by=admin, name=f"system-of-{cast.slug}", note=f"production {word}")
        access_systems.retire_system(access_systems.register_system(by=admin, name=f"old {word}"), by=admin)
        named = [Line(cast.jon.email, f"shell {word}", True), Line(f"account {word}", "deploy", True)]
        access_systems.take_in(made, by=admin, source=f"source {word}", way=Way.API, lines=named, whole=True)
        access_systems.take_in(made, by=admin, source="by hand", way=Way.HAND, lines=[Line(word, word, False)], whole=False)
        access_systems.name_principal(f"account {word}", member_for(admin, cast.mei.email), by=admin)
        incident = Incident.objects.get(ref=learnt)
        review = access_reviews.open_review(incident, by=system(cast.id, Via.RELAY))
        assert review is not None
        first = ReviewedAccess.objects.filter(review=review).earliest("pk")
        access_reviews.decide(review, by=admin, accesses=[first.pk], decision=Decision.REVOKE, note=f"note {word}")
        fact = AccessFact.objects.get(source="by hand")
    with cast.scope(cast.director):
        glass = access_glass.break_glass(secret.number, by=cast.director.actor(), reason=f"glass {word}", minutes=1)
    return {"access_system": made.slug, "access_review_id": review.pk, "fact_id": fact.pk, "glass_id": glass.pk}


def access_of_kubernetes(cast: Cast) -> None:
    """A system with a source, in the administrator's open scope: what pages of it show."""
    admin = cast.admin.actor()
    made = access_systems.register_system(by=admin, name="Kubernetes", note="The cluster of production.")
    named = [Line(cast.jon.email, "cluster-admin", True), Line("svc-deploy", "deploy", True), Line(cast.mei.email, "logs", False)]
    access_systems.take_in(made, by=admin, source="okta", way=Way.CSV, lines=named, whole=True)
    access_systems.take_in(made, by=admin, source="by hand", way=Way.HAND, lines=[Line("root", "root", True)], whole=False)
    access_systems.register_system(by=admin, name="Ledger database")


def review_and_glass(cast: Cast) -> None:
    """An access review that waits, half judged, and broken glass that is to be judged."""
    with cast.scope(cast.amira):
        over = resolved(cast, "Over")
        open_one = AccessReview.objects.filter(incident=over).first()
        review = open_one or access_reviews.open_review(over, by=system(cast.id, Via.RELAY))
        assert review is not None
        flags = [FlagKey.PERSONAL_DATA]
        secret = declare(by=cast.amira.actor(), title="Invoices are out", severity=Severity.SEV1, flags=flags)
    with cast.scope(cast.admin):
        first = ReviewedAccess.objects.filter(review=review, privileged=True).earliest("pk")
        access_reviews.decide(
            review, by=cast.admin.actor(), accesses=[first.pk], decision=Decision.REVOKE, note="He has left the team."
        )
        access_glass.break_glass(secret.number, by=cast.admin.actor(), reason="Nobody of them answers.", minutes=30)
