"""What is proven of an incident afterwards: who had access, what the law asks for, what is held, and the packs of it."""

from datetime import timedelta

from compliance.access.lines import Line
from compliance.actions import access_glass, access_reviews, access_systems, duties, duties_rules, holds, packs
from compliance.models import AccessReview, BreakGlass, Decision, PackPart, ReviewedAccess, Verdict, Way
from compliance.packs.lease import claim
from incidents.models import Incident
from ledger.exports import give
from tenants.actors import Via, system
from tests.incidents.scene import Scene

RULE = """
rules:
  - key: test.told
    regime: A regime
    stage: First notice
    trigger: manual
    limits: [{start: awareness, amount: 72, unit: hour}]
    recipient: The authority
    citation: Art. 1
"""


def proven(scene: Scene) -> list[str]:
    """The references of two incidents that tell all of it."""
    acme = scene.acme
    admin, legal = acme.admin.actor(), acme.exec.actor()
    with acme.scope(acme.admin):
        made = access_systems.register_system(by=admin, name="Cluster", note="All of production")
        access_systems.take_in(
            made, by=admin, source="List", way=Way.API, lines=[Line(acme.jon.email, "shell", True)], whole=True
        )
    ref = scene.ended("resolve")
    scene.follow()
    with acme.scope(acme.admin):
        incident = Incident.objects.get(ref=ref)
        review = AccessReview.objects.get(incident=incident)
        rows = ReviewedAccess.objects.filter(review=review).values_list("pk", flat=True)
        access_reviews.decide(review, by=admin, accesses=list(rows), decision=Decision.APPROPRIATE, note="On call")
        access_reviews.sign(review, by=admin, note="All of it")
        pack = packs.ask_for_pack(incident, by=admin)
        packs.give_up(packs.ask_for_pack(incident, by=admin), by=system(acme.id, Via.RELAY), why="No space left")
        muster = system(acme.id, Via.RELAY)
        lease = claim(pack.pk)
        assert lease is not None
        pack = packs.finish(pack, by=muster, lease=lease, name="evidence-of-it", size=1, sha256="0" * 64, checkpoint_size=1)
        packs.hand_out(pack, by=admin)
        give("account", "access-review.csv", by=admin, about=review, incident_id=incident.pk)
        PackPart.objects.create(pack=pack, incident_id=pack.incident_id, number=0, body=b"PK")
        packs.remove(packs.supersede(pack, by=muster, erasure=1, hold=7), by=muster)
    with acme.scope(acme.exec):
        (rule,) = duties_rules.load_rules(by=legal, content=RULE)
        case = duties.propose_duty(incident, duties_rules.approve_rule(rule, by=legal), by=legal)
        case = duties.decide_duty(case, by=legal, applies=True, reason="Names went out")
        for minutes in (9, 12):
            case = duties.start_duty(
                case, by=legal, start="awareness", at=scene.clock.now - timedelta(minutes=minutes), reason="The log says so"
            )
        duties.file_duty(case, by=legal, at=scene.clock.now, reference="R-1", name="receipt.txt", body=b"received")
        hold = holds.place_hold(by=legal, matter="Case 7", reason="We may be sued", incident=incident)
        holds.ask_release(hold, by=legal, reason="It is over")
    with acme.scope(acme.owner):
        holds.keep(hold, by=acme.owner.actor(), reason="Not yet")
    with acme.scope(acme.exec):
        holds.ask_release(hold, by=legal, reason="Now it is")
    with acme.scope(acme.owner):
        holds.release(hold, by=acme.owner.actor())
    secret = str(scene.do("amira", scene.commanded(), "flag", flag="personal_data", kinds=["pii"], reason="A bucket")["ref"])
    with acme.scope():
        number = Incident.objects.get(ref=secret).number
    with acme.scope(acme.director):
        access_glass.break_glass(number, by=acme.director.actor(), reason="A call at night", minutes=5)
    with acme.scope(acme.exec):
        access_glass.judge_glass(BreakGlass.objects.get(), by=legal, verdict=Verdict.JUSTIFIED, note="It was one")
    return [ref, secret]
