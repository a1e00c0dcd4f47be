"""A lived-in house: an organisation in which everything happened once, for the tests that are generated over tables and addresses."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as dawn
from typing import Any

from django.test import Client

from compliance import custody_links
from compliance.actions import duties, duties_rules, holds, retention
from compliance.actions import packs as evidence
from compliance.models import AuditEngagement, ErasureRequest, PackPart
from compliance.packs.lease import claim
from incidents import actions, integrating, ruling
from incidents.members import member_for
from incidents.models import Component, Incident, Integration, RoutingRule, ServiceComponent, Signal, UpdatePolicy
from incidents.states import Audience, FlagKey, KeyTime, RoomRole, Severity, State
from integrations import intake
from integrations.formats import Said
from ledger import relay
from ledger.actions import configure
from ledger.models import Event
from notifications import actions as notifications
from notifications import contacts
from notifications.models import ContactMethod
from oncall.actions import acknowledge, calendars, decline, overrides, schedules, swaps
from oncall.models import EscalationPolicy, EscalationTarget, Page, Schedule, Service
from oncall.plans import Plan, Stretch
from postmortems.actions import choosing, impact, writing
from postmortems.actions import comments as pm_comments
from postmortems.actions import items as action_items
from postmortems.actions import whys as pm_whys
from postmortems.content import content as content_of
from postmortems.models import PostMortem, Publication, Section
from postmortems.states import Verdict
from standard import actions as process
from standard import gate
from standard.models import Calendar, CalendarDay, Clock, ClockFailure, ProcessReview
from standard.quarters import quarter_of
from standard.queries import calendar
from tenants.actors import Via, system
from tenants.models import ApiToken, User
from tenants.time import now
from tests.compliance.access_lived import reviewed_access
from tests.conftest import Cast
from tests.ledger.sealed import redact_something, seal_beside
from tests.postmortems.lived import reviewed
from tests.status.lived import shown_once

_RULE = """
rules:
  - key: test.rule
    regime: regime {word}
    stage: stage {word}
    trigger: manual
    limits: [{{start: awareness, amount: 72, unit: hour}}]
    recipient: recipient {word}
    citation: citation {word}
    note: note {word}
"""


def delivery(name: str, text: str, *, group: str = "", status: str = "firing", service: str = "checkout") -> bytes:
    """One delivery of Alertmanager, of one alert."""
    began = datetime.now(UTC) - timedelta(minutes=5)
    alert = {
        "status": status,
        "labels": {"alertname": name, "service": service, "why": text},
        "annotations": {"summary": f"{name} {text}"},
        "startsAt": began.isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": f"http://prometheus/{text}",
    }
    return json.dumps({"version": "4", "status": status, "groupKey": group or name, "alerts": [alert]}).encode()


def take(cast: Cast, *bodies: bytes) -> list[Any]:
    """Take in what Alertmanager sends, as the edge does. Returns each answer: None, or the refusal."""
    return list(intake.take(cast.key.split("_")[1], [Said("alertmanager", cast.key, {}, body) for body in bodies]))


@dataclass(frozen=True)
class Lived:
    """What a lived-in organisation has, by the names of the URLs' parameters."""

    ref: str
    signal_id: int
    page_id: int
    integration_id: int
    rule_id: int
    window_id: int
    token_id: int
    method_id: int
    number: int
    schedule: str
    layer: int
    override_id: int
    swap_id: int
    link_id: int
    version: int
    feedback_id: int
    review_id: int
    section: str
    learnt: str
    pack_id: int
    item: str
    engagement_id: int
    control: str
    rule: int
    duty: int
    hold_id: int
    task_id: int
    kept_file_id: int
    erasure_id: int
    access_system: str
    access_review_id: int
    fact_id: int
    glass_id: int

    def parameters(self) -> dict[str, Any]:
        """The values of URL parameters."""
        return self.__dict__.copy()


def follow(cast: Cast) -> int:
    """Let what follows from one organisation's events happen, its messages too. Returns how much was done."""
    soon = datetime.now(UTC) + timedelta(seconds=1)
    done = sum(relay.run(owner, pk) for owner, pk in relay.overdue(soon) if owner == cast.id)
    return done + sum(notifications.deliver(owner, pk) for owner, pk in notifications.overdue(soon) if owner == cast.id)


def live(cast: Cast, word: str, *, more: int = 0) -> Lived:
    """Fill every table of an organisation through its verbs: alerts, triage, incidents, pages, messages. `word` is in all its texts.

    `more` declares that many incidents besides, so that the last one's reference is the organisation's alone.
    """
    jon, amira = cast.jon.actor(), cast.amira.actor()
    take(cast, delivery("Down", word), delivery("Slow", word, service="search"), b"{" + word.encode())
    wrong = Said("alertmanager", f"{cast.key[:-8]}{word[:8]:A<8}", {"user-agent": word}, b"")
    intake.take(cast.key.split("_")[1], [wrong])
    with cast.scope(cast.admin):
        service = Service.objects.get(slug="payments")
        rule = {"position": 1, "name": f"rule {word}", "labels": {"team": word}, "service": service, "suggested_severity": 2}
        configure(RoutingRule(), rule, by=cast.admin.actor())
        passing = ruling.set_rule(RoutingRule(), {"name": f"passing {word}", "labels": {"a": word}}, by=cast.admin.actor())
        day = {"calendar": Calendar.objects.get(), "day": datetime.now(UTC).date(), "name": f"day {word}"}
        configure(CalendarDay(), day, by=cast.admin.actor())
        times = {"starts_at": datetime.now(UTC) + timedelta(hours=1), "ends_at": datetime.now(UTC) + timedelta(hours=2)}
        window = ruling.plan_maintenance(f"work {word}", services=[service], by=cast.admin.actor(), **times)
        generic, _ = integrating.make_integration(Integration.Kind.GENERIC, f"generic {word}", by=cast.admin.actor())
        waiting = actions.report(by=amira, title=f"report {word}", text=word, ticket=word)
        actions.dismiss(actions.report(by=amira, title=f"noise {word}"), by=amira, reason=word)
        contacts.add(by=amira, kind="email", address=f"{word}@example.com", label=f"home {word}")
        link = {"service": service, "component": Component.objects.get(slug="payments")}
        configure(ServiceComponent(), link, by=cast.admin.actor())
        policy = configure(
            EscalationPolicy(), {"slug": f"policy-of-{cast.slug}", "name": f"policy {word}"}, by=cast.admin.actor()
        )
    planned = plan(cast, word)
    with cast.scope(cast.admin):
        configure(EscalationTarget(), {"policy": policy, "kind": "lead", "after_minutes": 7}, by=cast.admin.actor())
        shift = {"policy": policy, "kind": "schedule", "schedule": Schedule.objects.get(slug=planned["schedule"])}
        configure(EscalationTarget(), shift, by=cast.admin.actor())
    while follow(cast):
        pass
    with cast.scope(cast.amira):
        signal = Signal.objects.filter(kind="alerts").order_by("id").first()
        assert signal is not None
        actions.declare_from([signal], by=amira, title=f"incident {word}", severity=Severity.SEV1, summary=word)
    with cast.scope(cast.amira):
        over = actions.declare(by=amira, title=f"minor {word}", severity=Severity.SEV4, services=[service])
        actions.set_impact(over, by=amira, end=datetime.now(UTC))
        actions.resolve(over, by=amira, summary=f"summary {word}")
    for _ in range(more + 1):
        with cast.scope(cast.amira):
            last = actions.declare(by=amira, title=f"incident {word}", severity=Severity.SEV1, services=[service], summary=word)
    with cast.scope(cast.amira):
        actions.claim(last, by=amira)
        actions.join(last, by=jon)
        asked = member_for(amira, cast.jon.email)
        actions.assign(last, by=amira, role=RoomRole.SCRIBE, person=asked, reason=word)
        actions.hand_over(last, by=amira, to=asked)
        actions.shadow(last, by=jon)
        actions.report_situation(last, by=amira, text=f"sitrep {word}")
        actions.assess(last, by=amira, text=f"assessment {word}")
        actions.open_bridge(last, by=amira, url=f"https://meet.example/{word}")
        actions.set_rhythm(last, by=amira, minutes=10)
        actions.note(last, by=jon, text=f"note {word}")
        actions.update(last, by=amira, known=f"known {word}", impact=word, doing=word)
        _say_in_public(cast, last, word)
        actions.advance(last, by=amira, to=State.INVESTIGATION, reason=word)
        actions.set_impact(last, by=amira, start=datetime.now(UTC) - timedelta(minutes=9))
        actions.correct_time(
            last, by=amira, which=KeyTime.DETECTED, occurred_at=datetime.now(UTC) - timedelta(minutes=8), reason=word
        )
        work(cast, last, word)
        item = follow_up(cast, last, word)
        other = Signal.objects.filter(kind="alerts", state="waiting").order_by("id").first()
        assert other is not None
        actions.attach(other, last, by=amira)
        learn(cast, last, word)
    follow(cast)
    with cast.scope(cast.amira):
        page = (
            Page.objects.filter(steps__user_id=cast.amira.user_id, state=Page.State.OPEN, incident_id=last.pk)
            .order_by("id")
            .first()
        )
        assert page is not None
        decline(page, by=amira, reason=word)
        acknowledge(page, by=amira)
        stuck = Clock.objects.filter(incident_id=last.pk).latest("id")
        ClockFailure.objects.create(clock=stuck, incident_id=last.pk, failures=1, last_error=word, next_try_at=stuck.due_at)
    learnt = reviewed(cast, word, by="exec")
    headers = {"Authorization": f"Bearer {cast.amira.token}", "Idempotency-Key": f"key-{word}"}
    answer = Client().post(
        f"/api/v1/incidents/{last.ref}/note/", {"text": word}, content_type="application/json", headers=headers
    )
    assert answer.status_code == 200, answer.content
    with cast.scope(cast.amira):
        secret = actions.declare(
            by=amira, title=f"restricted {word}", severity=Severity.SEV1, services=[service], flags=[FlagKey.PERSONAL_DATA]
        )
        actions.flag(secret, by=amira, key=FlagKey.FINANCIAL_LOSS, reason=word)
    law = owe(cast, last, word)
    access = reviewed_access(cast, word, learnt, secret)
    improved = improve(cast, word, versions=2 if more else 1)
    kept = keep(cast, word)
    shown_once(cast, word)
    with cast.scope():
        redact_something(word)
    seal_beside()
    with cast.scope(cast.amira):
        unrelayed = actions.declare(by=amira, title=f"unrelayed {word}", severity=Severity.SEV2)
        event = Event.objects.filter(kind="incident.declared").latest("id")
        notifications.notify(event, [cast.jon.user_id], template="notice", subject_id=unrelayed.pk)  # stays queued
        return Lived(
            ref=last.ref,
            signal_id=waiting.pk,
            page_id=page.pk,
            integration_id=generic.pk,
            rule_id=passing.pk,
            window_id=window.pk,
            number=1,
            section="summary",
            item=item,
            **planned,
            **improved,
            **kept,
            **access,
            method_id=ContactMethod.objects.get(user_id=cast.amira.user_id).pk,
            token_id=ApiToken.objects.filter(user_id=cast.amira.user_id).latest("id").pk,
            learnt=learnt,
            engagement_id=AuditEngagement.objects.latest("id").pk,
            control="soc2-cc7-4",
            **law,
            pack_id=packed(cast, word),
        )


def owe(cast: Cast, incident: Incident, word: str) -> dict[str, Any]:
    """A duty of law of an incident: its rule loaded and approved, then decided, started and filed. Returns its URL parameters."""
    legal = cast.exec.actor()
    with cast.scope(cast.exec):
        (rule,) = duties_rules.load_rules(by=legal, content=_RULE.format(word=word))
        rule = duties_rules.approve_rule(rule, by=legal)
        case = duties.propose_duty(incident, rule, by=legal)
        case = duties.decide_duty(case, by=legal, applies=True, reason=f"applies {word}")
        moment = datetime.now(UTC) - timedelta(minutes=3)
        case = duties.start_duty(case, by=legal, start="awareness", at=moment, reason=f"aware {word}")
        proof: dict[str, Any] = {"name": f"receipt-{word}.txt", "body": word.encode(), "note": f"note {word}"}
        duties.file_duty(case, by=legal, at=moment + timedelta(minutes=1), reference=f"reference {word}", **proof)
        return {"rule": rule.pk, "duty": case.pk}


def packed(cast: Cast, word: str) -> int:
    """Evidence packs of the first incident that may be seen: one that waits, and one that is ready. Returns the ready one's id."""
    admin = cast.admin.actor()
    incident = Incident.objects.filter(restricted=False).earliest("id")
    evidence.ask_for_pack(incident, by=admin)
    ready = evidence.ask_for_pack(incident, by=admin)
    body = f"evidence {word}".encode()
    PackPart.objects.create(pack=ready, incident_id=incident.pk, number=0, body=body)
    with cast.scope(cast.admin):  # the database shows it to nobody else, but for the auditor
        evidence.ask_for_engagement(AuditEngagement.objects.latest("id"), by=admin)
    made: dict[str, Any] = {"size": len(body), "sha256": "0" * 64, "checkpoint_size": 1, "lease": claim(ready.pk)}
    return evidence.finish(ready, by=system(cast.id, Via.RELAY), name=f"evidence-{incident.ref}-at-1", **made).pk


def improve(cast: Cast, word: str, *, versions: int) -> dict[str, Any]:
    """The process looked after: versions published, one of them withdrawn, a draft, feedback, a review. Returns its URL parameters."""
    owner = cast.owner.actor()
    with cast.scope(cast.owner):
        for n in range(versions):
            draft = process.start_draft(by=owner)
            content = {**draft.content, "audience": f"audience {word} {n}"}
            draft = process.change_draft(draft, content, by=owner, revision=draft.revision)
            last = n == versions - 1
            later = datetime.now(UTC) + timedelta(days=30) if last else None
            version = process.publish_draft(
                draft, by=owner, revision=draft.revision, summary=f"summary {word}", effective_at=later
            )
        process.withdraw_version(version, by=owner, reason=f"withdrawn {word}")
        given = process.give_feedback(by=owner, text_=f"answered {word}", clause="checklist.ic")
        process.settle_feedback(given, by=owner, answer=f"answer {word}")
        review = ProcessReview.objects.earliest("id")
        process.write_review(review, by=owner, notes=f"notes {word}", decisions=word, revision=review.revision)
        past = process.open_review(quarter_of(calendar().hours.zone, now()).later(-1), by=owner)
        past = process.write_review(past, by=owner, notes=f"past {word}", decisions=f"past {word}", revision=past.revision)
        process.sign_review(past, by=owner)
        draft = process.start_draft(by=owner)
        process.change_draft(draft, {**draft.content, "contact": word}, by=owner, revision=gate.open_draft(owner).revision)
    with cast.scope(cast.jon):
        open_one = process.give_feedback(by=cast.jon.actor(), text_=f"feedback {word}")
        return {"version": version.number, "feedback_id": open_one.pk, "review_id": review.pk}


def keep(cast: Cast, word: str) -> dict[str, Any]:
    """A legal hold with custodians, one of whom attached a file by their link; a period of retention, an erasure that waits.

    Returns their URL parameters.
    """
    legal = cast.exec.actor()
    with cast.scope(cast.exec):
        hold = holds.place_hold(by=legal, matter=f"matter {word}", reason=word, person=member_for(legal, cast.support.email))
        task = holds.ask_custodian(hold, by=legal, what=f"logs {word}", name=f"Lou {word}", email=f"{word}@host.example")
        proven = holds.ask_custodian(hold, by=legal, what=f"traces {word}", name=f"Kim {word}", email=f"kim.{word}@host.example")
    with cast.scope():
        file = custody_links.Sent(f"{word}.txt", word.encode())
        by = custody_links.custodian(proven)
        holds.prove(proven, by=by, location=f"where {word}", said=f"said {word}", link=proven.link_number, file=file)
        kept = proven.files.get().pk
    with cast.scope(cast.admin):
        retention.set_period("codes", 30, by=cast.admin.actor())
        wish = ErasureRequest.objects.create(person_id=cast.mei.user_id, ground=word, asked_by_id=cast.admin.user_id)
    return {"hold_id": hold.pk, "task_id": task.pk, "kept_file_id": kept, "erasure_id": wish.pk}


def plan(cast: Cast, word: str) -> dict[str, Any]:
    """A schedule of no team, so that it calls nobody, with all that can be of one. Returns its URL parameters."""
    soon, slug = datetime.now(UTC) + timedelta(days=1), f"plan-of-{cast.slug}"  # it stands in addresses, so without the word
    with cast.scope(cast.admin):
        admin, amira, jon = (User.objects.get(pk=one.user_id) for one in (cast.admin, cast.amira, cast.jon))
        made = schedules.make_schedule(by=cast.admin.actor(), name=f"schedule {word}", slug=slug, team=None, time_zone="UTC")
        layer = Plan("primary", (amira,), soon.date() - timedelta(days=2), dawn(9), "UTC", name=f"layer {word}")
        number = schedules.add_layer(made, layer, by=cast.admin.actor()).number
        taken = Stretch("secondary", soon, soon + timedelta(hours=9), jon)
        override = overrides.give_override(made, taken, by=cast.admin.actor(), reason=f"override {word}")
    with cast.scope(cast.amira):
        offer = swaps.Offer("primary", (soon, soon + timedelta(hours=3)), to=admin, reason=f"swap {word}")
        swap = swaps.offer_swap(made, offer, by=cast.amira.actor())
        link, _ = calendars.share_calendar(by=cast.amira.actor(), schedule=made)
    return {"schedule": slug, "layer": number, "override_id": override.pk, "swap_id": swap.pk, "link_id": link.pk}


def follow_up(cast: Cast, incident: Incident, word: str) -> str:
    """What follows from an incident: an item that is done, and one that is being done, each with `word` in it. Returns the latter's reference."""
    jon, amira = cast.jon.actor(), cast.amira.actor()
    owner = member_for(jon, cast.jon.email)
    told: dict[str, Any] = {"details": f"details {word}", "ticket_url": f"https://tickets.example/{word}"}
    done = action_items.file_item(incident, by=amira, title=f"first item {word}", kind="detection", owner=owner, **told)
    action_items.finish_item(done, by=jon, outcome=f"outcome {word}")
    item = action_items.file_item(incident, by=amira, title=f"item {word}", kind="prevention", owner=owner, **told)
    action_items.start_item(item, by=jon)
    return item.ref


def work(cast: Cast, incident: Incident, word: str) -> None:
    """A room at work: a hypothesis, a change, an order, a decision, a file, each with `word` in it."""
    jon, amira = cast.jon.actor(), cast.amira.actor()
    actions.state_hypothesis(incident, by=jon, text=f"hypothesis {word}")
    actions.propose(incident, by=jon, text=f"change {word}", hypothesis=1)
    actions.approve(incident, by=amira, change=1)
    actions.execute(incident, by=jon, change=1, outcome=word)
    actions.report_deviation(incident, by=jon, text=f"deviation {word}", reason=word)
    actions.order(incident, by=amira, to=cast.jon.email, text=f"order {word}", eta_minutes=5)
    actions.decide(incident, by=amira, text=f"decision {word}", reason=word, options=[word])
    actions.attach_file(incident, by=jon, name=f"{word}.txt", body=word.encode(), caption=word)


def learn(cast: Cast, incident: Incident, word: str) -> None:
    """What was learnt of an incident: a post-mortem with all that can be of one, each with `word` in it, and its first version."""
    jon, amira = cast.jon.actor(), cast.amira.actor()
    document = PostMortem.objects.create(incident=incident, author_id=cast.amira.user_id)
    for position, key in enumerate(("summary", "timeline", "root_cause", "impact", "action_items")):
        Section.objects.create(incident=incident, postmortem=document, key=key, title=key.title(), position=position)
    writing.edit_section(document, "summary", by=amira, text=f"summary {word}", version=0)
    choosing.annotate(document, choosing.pick(document, by=amira, seq=1).pk, by=amira, text=f"annotation {word}")
    moment = datetime.now(UTC) - timedelta(minutes=2)
    choosing.add_entry(document, by=amira, occurred_at=moment, text=f"entry {word}", reason=word, led_up=True)
    pm_whys.add_why(document, by=amira, text=f"why {word}")
    impact.explain_whys(document, by=amira, reason=f"few {word}")
    said = {"users_affected": 5, "users_note": f"users {word}", "cost_amount": "1.50", "cost_currency": "EUR"}
    impact.set_facts(document, by=amira, facts=said)
    pm_comments.settle_comment(
        document, pm_comments.comment(document, by=jon, section="summary", text=f"comment {word}").pk, by=amira
    )
    pm_comments.ask_reader(document, member_for(amira, cast.jon.email), by=amira)
    pm_comments.answer_reading(document, by=jon, verdict=Verdict.CHANGES, text=f"answer {word}")
    Publication.objects.create(
        incident=incident, postmortem=document, number=1, content=content_of(document), published_by_id=cast.amira.user_id
    )


def _say_in_public(cast: Cast, incident: Incident, word: str) -> None:
    """Updates that Legal approves, sends back, and still has before them; a question, and a look, of an executive."""
    amira, legal = cast.amira.actor(), cast.exec.actor()
    configure(UpdatePolicy(), {"approved_audiences": [Audience.PUBLIC.value]}, by=cast.admin.actor())
    approved, sent_back, _ = (
        actions.update(
            incident,
            by=amira,
            audience=Audience.PUBLIC,
            status="investigating",
            known=f"public {word}",
            impact=word,
            doing=word,
            components={"payments": "major_outage"},
        )
        for _ in range(3)
    )
    actions.approve_update(incident, by=legal, update=approved.pk)
    actions.reject_update(incident, by=legal, update=sent_back.pk, reason=word)
    for audience in (Audience.EXECUTIVE, Audience.SUPPORT):
        actions.update(incident, by=amira, audience=audience, known=f"{audience} {word}", impact=word, doing=word)
    actions.ask(incident, by=cast.director.actor(), text=f"question {word}")
    actions.look(incident, by=legal)
