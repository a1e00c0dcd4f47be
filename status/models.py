"""What is public, each in a row of its own: strangers are shown these rows and the components, and nothing beside them.

A row says what was said to the public, when, and whether it still stands. It belongs to its incident, so the wall of restricted
incidents hides it with that; and the database takes none of an incident that is restricted, or that is a drill.
"""

from django.db import models
from django.db.models import Q

from incidents.models import Incident, StatusUpdate
from incidents.states import PublicStatus
from tenants.credentials import public_id
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned


class StatusPage(TenantOwned):
    """Whether an organisation's status page is there for everybody. Without a row it is not. `reason` is why it is as it is."""

    public = models.BooleanField(default=False)
    reason = models.TextField(blank=True, default="")

    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation"], name="one_status_page")]

    def __str__(self) -> str:
        return "The status page is public" if self.public else "The status page is not public"


class PublicIncident(TenantOwned):
    """An incident as the public knows it: by an id that tells nothing, from the first word to them until the last.

    `ended_at` is when they were told that it is over, or when it ended without such a word; None while it goes on, as one does that
    was merged into another which goes on.
    """

    incident = TenantKey(Incident, related_name="+")
    public_id = models.CharField(max_length=12, default=public_id, editable=False)
    began_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "incident"], name="a_public_incident_once"),
            models.UniqueConstraint(fields=["organisation", "public_id"], name="a_public_incident_by_its_id"),
        ]
        indexes = [
            models.Index(fields=["organisation", "-began_at"], name="public_incident_newest"),
            models.Index(fields=["organisation"], name="public_incident_going_on", condition=Q(ended_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.public_id


class PublicUpdate(TenantOwned):
    """A public update, word for word as it went out: written once, and never changed. One that is struck is taken off (TakenOff)."""

    incident = TenantKey(Incident, related_name="+")
    thread = TenantKey(PublicIncident, related_name="updates")
    update = TenantKey(StatusUpdate, related_name="+")
    public_id = models.CharField(max_length=12, default=public_id, editable=False)
    status = models.CharField(max_length=20, choices=PublicStatus.choices)
    known = models.TextField()
    impact = models.TextField(blank=True)
    doing = models.TextField(blank=True)
    components: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(default=dict, blank=True)
    next_update_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "update"], name="an_update_is_public_once", deferrable=models.Deferrable.DEFERRED
            )
        ]
        indexes = [models.Index(fields=["organisation", "thread", "id"], name="public_update_by_thread")]

    def __str__(self) -> str:
        return self.public_id


class TakenOff(TenantOwned):
    """That a public update is shown no more, because it was struck in the record, and since when: a fact of its own."""

    incident = TenantKey(Incident, related_name="+")
    said = TenantKey(PublicUpdate, related_name="taken_off")
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "said"], name="an_update_is_taken_off_once", deferrable=models.Deferrable.DEFERRED
            )
        ]


class PublicPostmortem(TenantOwned):
    """The public rendering of a post-mortem that was released: one an incident, whose text a newer release replaces."""

    incident = TenantKey(Incident, related_name="+")
    thread = TenantKey(PublicIncident, related_name="+")
    title = models.CharField(max_length=200)
    text = models.TextField()
    released_at = models.DateTimeField(default=now)
    withdrawn_at = models.DateTimeField(null=True)

    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "incident"], name="one_postmortem_for_the_public")]

    def __str__(self) -> str:
        return self.title


def status_page() -> StatusPage:
    """What holds in the organisation of the open scope: one query."""
    return StatusPage.objects.first() or StatusPage()
