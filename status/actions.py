"""What goes on the status page, and off it: the only writer of this room.

What is said to the public is said by verbs of the rooms around (`update`, `correct`, `release`, `withdraw`), whose events tell it. The rows
here follow from those and leave no event besides; their history says when each was there. Only the page's switch is a verb of its own.
"""

from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from incidents import fields
from incidents.actions.conditions import struck
from incidents.models import Incident, StatusUpdate
from incidents.states import Audience, PublicStatus, UpdateState
from ledger.actions import record
from ledger.models import Event
from ledger.verbs import verb
from status import rules
from status.models import PublicIncident, PublicPostmortem, PublicUpdate, StatusPage, TakenOff, status_page
from tenants.actors import Actor
from tenants.refusals import check
from tenants.time import now


@verb("set", kind="status_page.changed", who="administrator", subject="status page", clauses=(rules.PAGE, "roles.cl-status-page"))
def set_status_page(*, by: Actor, public: bool, reason: str) -> StatusPage:
    """Say whether the status page is there for everybody. With it comes what the public was told before, drills and what is restricted left out."""
    # By its organisation too: who founds several at once is the owner of the tables, whom no wall stops.
    row = StatusPage.objects.select_for_update(of=("self",)).filter(organisation_id=by.organisation_id).first() or StatusPage()
    check(rules.why_not_set(row.public, by, public))
    why = fields.text("reason", reason, most=fields.REASON_MAX)
    row.public, row.reason = public, why
    row.save()
    if public:
        for name in import_string(settings.MUSTER_PUBLIC_ALREADY):
            import_string(name)()
    record("status_page.changed", row, by=by, public=public, before=not public, reason=why)
    return row


def put_up(incident_id: int) -> None:
    """Make the page say of an incident what its public updates say; as often as one likes: the last one holds.

    So too of what was merged into it, which is over when it is. Nothing where the page is not public, nor of a restricted
    incident or a drill. An update that was struck is taken off.
    """
    if not status_page().public:
        return
    ids = [incident_id]
    while ids:
        for one in ids:
            _put_up(one)
        ids = list(Incident.objects.filter(merged_into_id__in=ids).order_by("pk").values_list("pk", flat=True))


def _put_up(incident_id: int) -> None:
    open_to_all = Incident.objects.select_for_update(of=("self",)).filter(restricted=False, exercise=False)
    incident = open_to_all.filter(pk=incident_id).first()
    if incident is None:
        return
    gone = struck(incident.pk)
    said = list(_said_to_the_public().filter(incident=incident).order_by("published_at", "id"))
    standing = [update for update in said if update.pk not in gone]
    thread = PublicIncident.objects.filter(incident=incident).first()
    if thread is None and not standing:
        return
    thread = thread or PublicIncident.objects.create(incident=incident, began_at=standing[0].published_at or now())
    there = set(PublicUpdate.objects.filter(thread=thread).values_list("update_id", flat=True))
    for update in standing:
        if update.pk not in there:
            _say(thread, update)
    for said_wrongly in PublicUpdate.objects.filter(thread=thread, update_id__in=gone, taken_off=None) if gone else ():
        TakenOff.objects.create(incident=incident, said=said_wrongly)
    _settle(thread, incident, standing[-1] if standing else None)


def put_up_all() -> None:
    """The same of every incident of which the public was told."""
    if not status_page().public:
        return
    for incident_id in _said_to_the_public().order_by("incident_id").values_list("incident_id", flat=True).distinct():
        _put_up(incident_id)


def show_postmortem(incident: Incident, *, title: str, text: str, released_at: datetime) -> None:
    """Put the public rendering of a post-mortem on the page, in the place of one that is there; nothing where the page is not public."""
    if not status_page().public:
        return
    thread = PublicIncident.objects.filter(incident=incident).first()
    if thread is None:  # nothing was said of it while it went on: as the public knows it, it begins and ends with this
        thread = PublicIncident.objects.create(incident=incident, began_at=released_at, ended_at=released_at)
    row = PublicPostmortem.objects.filter(incident=incident).first() or PublicPostmortem(incident=incident, thread=thread)
    row.title, row.text, row.released_at, row.withdrawn_at = title, text, released_at, None
    row.save()


def take_back_postmortem(incident: Incident) -> None:
    """Take it off the page again; its address says so."""
    row = PublicPostmortem.objects.filter(incident=incident, withdrawn_at=None).first()
    if row is not None:
        row.withdrawn_at = now()
        row.save()


def _said_to_the_public() -> QuerySet[StatusUpdate]:
    return StatusUpdate.objects.filter(audience=Audience.PUBLIC, state=UpdateState.PUBLISHED)


def _say(thread: PublicIncident, update: StatusUpdate) -> None:
    PublicUpdate.objects.create(
        incident_id=thread.incident_id,
        thread=thread,
        update=update,
        status=update.status,
        known=update.known,
        impact=update.impact,
        doing=update.doing,
        components=update.components,
        next_update_at=update.next_update_at,
        published_at=update.published_at or update.posted_at,
    )


def _settle(thread: PublicIncident, incident: Incident, last: StatusUpdate | None) -> None:
    """Say since when it is over, as the public knows it: since a last word that says so, else since it ended."""
    ended_at: datetime | None
    if last is None:
        ended_at = thread.ended_at or thread.began_at
    elif last.status == PublicStatus.RESOLVED:
        ended_at = last.published_at
    else:
        ended_at = _over_since(thread, incident)
    if ended_at != thread.ended_at:
        thread.ended_at = ended_at
        thread.save()


def _over_since(thread: PublicIncident, incident: Incident) -> datetime | None:
    """Since when it is over, of which no word says so. What was merged goes on with the other: until that is said to be over, or ends."""
    part, whole = incident, incident
    while whole.merged_into is not None:
        part, whole = whole, whole.merged_into
    if whole != part:
        merged = Event.objects.filter(incident_id=part.pk, kind="incident.merged").values("occurred_at")[:1]
        said = _said_to_the_public().filter(incident=whole, published_at__gte=merged).exclude(pk__in=struck(whole.pk))
        last = said.order_by("-published_at", "-id").first()
        if last is not None and last.status == PublicStatus.RESOLVED:
            return last.published_at
    return None if whole.is_open else thread.ended_at or now()
