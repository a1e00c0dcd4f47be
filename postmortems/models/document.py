"""The document: sections by the template of the standard, entries of the timeline, whys, and what was published of it.

Every row names its incident, so that need to know stands on it in the database as on the incident itself.
"""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q

from incidents.models import Incident
from postmortems.states import DocumentState
from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned, both_or_neither

# What was waived and is so still: a waiver holds for the resolution that it was given for.
WAIVED = Q(waived_at__gte=F("incident__resolved_at"))


class PostMortem(TenantOwned):
    """What was learnt from one incident. Its template is that of the standard's version which the incident pinned.

    `version` counts what was published of it (0: nothing yet); `revision` every change of its facts, so that two authors at once
    lose nothing. A waiver by the process owner stands in for it where nothing is to be learnt of the incident's last resolution;
    `no_items_reason` says why nothing is to be done.
    """

    incident = TenantKey(Incident, related_name="postmortems")
    state = models.CharField(max_length=10, choices=DocumentState.choices, default=DocumentState.DRAFT)
    version = models.IntegerField(default=0)
    revision = models.IntegerField(default=0)
    author = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField(default=now)
    published_at = models.DateTimeField(null=True)
    users_affected = models.BigIntegerField(null=True)
    users_note = models.CharField(max_length=200, blank=True)
    cost_amount = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    cost_currency = models.CharField(max_length=3, blank=True)
    few_whys_reason = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    waived_at = models.DateTimeField(null=True)
    waived_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    waiver_reason = models.TextField(blank=True)
    no_items_reason = models.TextField(blank=True, default="")

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "incident"], name="one_postmortem_an_incident"),
            models.CheckConstraint(
                name="a_cost_has_its_currency", condition=both_or_neither(Q(cost_amount__isnull=False), ~Q(cost_currency=""))
            ),
            models.CheckConstraint(
                name="nobody_affected_is_none",
                condition=Q(users_affected__isnull=True) | Q(users_affected__gte=0),
            ),
            models.CheckConstraint(
                name="published_when_published", condition=~Q(state="published") | Q(published_at__isnull=False, version__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"Post-mortem of {self.incident.ref}"

    @property
    def is_draft(self) -> bool:
        """Whether it is being written."""
        return self.state == DocumentState.DRAFT

    def is_published_since(self, moment: datetime | None) -> bool:
        """Whether what is published tells of it up to a moment (such as the incident's last resolution); None: up to anything."""
        if self.state != DocumentState.PUBLISHED or self.published_at is None:
            return False
        return moment is None or self.published_at >= moment

    @property
    def is_waived(self) -> bool:
        """Whether the process owner said that none is needed of the incident's last resolution. After another one it is owed again."""
        resolved_at = self.incident.resolved_at
        return self.waived_at is not None and resolved_at is not None and self.waived_at >= resolved_at


class Section(TenantOwned):
    """One section of the template, in Markdown. `version` counts its saves; its history keeps each text."""

    incident = TenantKey(Incident, related_name="+")
    postmortem = TenantKey(PostMortem, related_name="sections")
    key = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    position = models.IntegerField()
    text = models.TextField(blank=True)
    version = models.IntegerField(default=0)
    saved_at = models.DateTimeField(default=now)
    saved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "postmortem", "key"], name="a_section_once")]
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.title


class Pick(TenantOwned):
    """An entry of the post-mortem's timeline: chosen from the record (`seq`) and never rewritten, or added, saying why so late.

    `annotation` is the authors' remark beside it. What is taken out again stays, `removed_at`.
    """

    incident = TenantKey(Incident, related_name="+")
    postmortem = TenantKey(PostMortem, related_name="picks")
    seq = models.IntegerField(null=True)
    occurred_at = models.DateTimeField()
    text = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    annotation = models.TextField(blank=True)
    added_at = models.DateTimeField(default=now)
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    removed_at = models.DateTimeField(null=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "postmortem", "seq"],
                condition=Q(seq__isnull=False, removed_at__isnull=True),
                name="an_entry_is_picked_once",
            ),
            models.CheckConstraint(name="picked_or_written", condition=Q(seq__isnull=False) | ~Q(text="")),
        ]
        indexes = [models.Index(fields=["organisation", "postmortem", "occurred_at"], name="pick_by_time")]


class Why(TenantOwned):
    """One answer to "why?" (clause postmortem.five-whys). Of `parent` it is the reason; without one it is why the incident was."""

    incident = TenantKey(Incident, related_name="+")
    postmortem = TenantKey(PostMortem, related_name="whys")
    number = models.IntegerField()
    parent = TenantKey("postmortems.Why", null=True, related_name="reasons")
    text = models.TextField()
    removed_at = models.DateTimeField(null=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "postmortem", "number"], name="a_why_has_its_number"),
            models.CheckConstraint(
                name="a_why_is_not_its_own_reason", condition=Q(parent__isnull=True) | ~Q(parent=models.F("id"))
            ),
        ]
        ordering = ["number"]


class BlamePhrase(TenantOwned):
    """A phrase that an organisation wants found in post-mortems, beside the shipped ones, with what to ask instead."""

    phrase = models.CharField(max_length=80)
    suggestion = models.CharField(max_length=300)
    is_active = models.BooleanField(default=True)

    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "phrase"], name="a_blaming_phrase_once")]

    def __str__(self) -> str:
        return self.phrase


class KeptWording(TenantOwned):
    """A wording that was found to blame, and that an author keeps with a reason (clause principle.blameless).

    `place` says where it stands ("section:summary", "why:3"); it holds for that phrase there, however often.
    """

    incident = TenantKey(Incident, related_name="+")
    postmortem = TenantKey(PostMortem, related_name="kept_wordings")
    place = models.CharField(max_length=60)
    phrase = models.CharField(max_length=200)
    reason = models.TextField()
    kept_at = models.DateTimeField(default=now)
    kept_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    taken_back_at = models.DateTimeField(null=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "postmortem", "place", "phrase"],
                condition=Q(taken_back_at__isnull=True),
                name="a_wording_is_kept_once",
            )
        ]


class Publication(TenantOwned):
    """What was published, word for word: the whole document as data. Written once and never changed."""

    incident = TenantKey(Incident, related_name="+")
    postmortem = TenantKey(PostMortem, related_name="publications")
    number = models.IntegerField()
    content: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField()
    reason = models.TextField(blank=True)
    published_at = models.DateTimeField(default=now)
    published_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "postmortem", "number"], name="a_publication_has_its_number")
        ]
        ordering = ["number"]


def released(incident: Incident) -> "models.QuerySet[Release]":
    """What the public sees of an incident's post-mortem now: one, or none."""
    return Release.objects.filter(incident=incident, withdrawn_at=None)


class Release(TenantOwned):
    """The public rendering of a publication, without names and internals, let out by somebody's decision; and taken back."""

    incident = TenantKey(Incident, related_name="+")
    publication = TenantKey(Publication, related_name="releases")
    title = models.CharField(max_length=200)
    text = models.TextField()
    released_at = models.DateTimeField(default=now)
    released_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal_reason = models.TextField(blank=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "incident"], condition=Q(withdrawn_at__isnull=True), name="one_public_postmortem"
            )
        ]
