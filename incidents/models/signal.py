"""What comes in from outside: integrations, the raw requests, alerts, and the signals that wait for an answer."""

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from incidents.matching import validate_labels
from incidents.models.incident import Incident
from incidents.states import AlertState, Severity, SignalState
from oncall.models import Service
from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned, both_or_neither


class Integration(TenantOwned):
    """A monitoring tool's way in. Its key is shown once; the hash lies in a side table.

    `signed`: what comes without a right signature is refused. `mapping`: of a generic one, where in its JSON everything is.
    """

    class Kind(models.TextChoices):
        """Which format it speaks."""

        ALERTMANAGER = "alertmanager", "Prometheus Alertmanager"
        GRAFANA = "grafana", "Grafana"
        DATADOG = "datadog", "Datadog"
        PAGERDUTY = "pagerduty", "PagerDuty Events API v2"
        GENERIC = "generic", "Anything that posts JSON"

    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.ALERTMANAGER)
    name = models.CharField(max_length=80)
    is_active = models.BooleanField(default=True)
    signed = models.BooleanField("must be signed", default=False, help_text="Grafana: refuse what is not signed with the secret.")
    mapping: "models.JSONField[Any, Any]" = models.JSONField(default=dict, blank=True, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)

    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="integration_name_once")]

    def __str__(self) -> str:
        return self.name


class IntegrationSecret(TenantOwned):
    """The hash of an integration's key. Not audited: a secret's hash belongs in no history or pack."""

    integration = TenantKey(Integration, related_name="secrets")
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "digest"], name="integration_digest_once")]


class IntegrationPulse(TenantOwned):
    """When something of an integration was last taken in, when last refused, and how often. A heartbeat: not audited, the requests are kept."""

    integration = TenantKey(Integration, related_name="pulses")
    last_heard_at = models.DateTimeField(null=True)
    last_refused_at = models.DateTimeField(null=True)
    accepted = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "integration"], name="one_pulse_an_integration")]


class Inbound(TenantOwned):
    """A raw request, as it came: headers and exact bytes. Alerts derive from it. Written once.

    `problem` says why one was refused ("" for an accepted one); `integration` is None where the key opened none. `group_key` is the
    group that an accepted one speaks of: with its signal it is restricted too. `note` is what one without an alert was ("a test").
    """

    integration = TenantKey(Integration, null=True, related_name="+")
    incident_id = models.BigIntegerField(null=True)
    received_at = models.DateTimeField(default=now)
    headers: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    body = models.BinaryField()
    group_key = models.CharField(max_length=64, blank=True)
    alerts = models.IntegerField(default=0)
    status = models.IntegerField(default=202)
    problem = models.TextField(blank=True)
    note = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [models.Index(fields=["organisation", "integration", "-id"], name="inbound_newest")]


class UnknownKey(TenantOwned):
    """A key that opened nothing, and how often it came. A counter, with a bounded number of rows: not audited.

    `mark` is the beginning of the key's hash; "" counts those that came after MARKS_MOST others.
    """

    MARKS_MOST = 50

    mark = models.CharField(max_length=8)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.BigIntegerField(default=0)
    sender = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "mark"], name="an_unknown_key_once")]


class RoutingRule(TenantOwned):
    """What becomes of an alert: the first rule decides whose labels all match (incidents/matching.py), and whose integration.

    Without one the label `service` names the service, and the question waits in triage. `attach`: where an incident runs that it
    belongs to, it joins that; where none does, `outcome` says what happens.
    """

    class Outcome(models.TextChoices):
        """What happens when it fires."""

        ASK = "ask", "Ask in triage, and page"
        DECLARE = "declare", "Declare an incident"
        SUPPRESS = "suppress", "Suppress: keep and show it, page nobody"

    class Attach(models.TextChoices):
        """Which running incident it joins, if there is one."""

        NONE = "", "None"
        SERVICE = "service", "One of the same service"
        GROUP = "group", "One with an alert that has the same value of a label"

    position = models.IntegerField()
    name = models.CharField(max_length=80)
    is_active = models.BooleanField("in use", default=True)
    labels: "models.JSONField[Any, Any]" = models.JSONField(
        default=dict,
        blank=True,
        validators=[validate_labels],
        help_text='Labels that all match, such as {"team": "payments", "env": ["prod", "stage"], "host": {"matches": "db-[0-9]+"}}.',
    )
    integration = TenantKey(Integration, null=True, blank=True, related_name="+")
    service = TenantKey(Service, null=True, blank=True, related_name="+")
    suggested_severity = models.IntegerField(null=True, blank=True, choices=Severity.choices)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.ASK)
    title = models.CharField(
        "title of the incident", max_length=200, blank=True, help_text="With labels in braces: {alertname} on {service}."
    )
    attach = models.CharField("incident that it joins", max_length=10, choices=Attach.choices, default=Attach.NONE, blank=True)
    attach_label = models.CharField("by the label", max_length=200, blank=True)
    attach_minutes = models.PositiveIntegerField("within so many minutes", default=60, validators=[MinValueValidator(1)])

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "position"], name="rule_position_once"),
            models.CheckConstraint(
                name="a_rule_asks_for_something",
                condition=~Q(labels={}) | Q(integration__isnull=False),
                violation_error_message="Say which alerts are meant: by labels, or by the integration that they come from.",
            ),
            models.CheckConstraint(
                name="a_declaring_rule_knows_how_bad",
                condition=~Q(outcome="declare") | Q(suggested_severity__isnull=False),
                violation_error_message="A rule that declares says how bad it is: choose a severity.",
            ),
            models.CheckConstraint(
                name="a_group_has_a_label",
                condition=~Q(attach="group") | ~Q(attach_label=""),
                violation_error_message="Say which label's value makes the group.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MaintenanceWindow(TenantOwned):
    """Work that is planned on services: what fires on them meanwhile is kept and shown, and pages nobody."""

    name = models.CharField(max_length=80)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    history = History()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="maintenance_ends_after_it_starts",
                condition=Q(ends_at__gte=F("starts_at")),
                violation_error_message="It ends before it starts.",
            )
        ]
        indexes = [models.Index(fields=["organisation", "ends_at"], name="maintenance_by_end")]

    def __str__(self) -> str:
        return self.name


class MaintenanceService(TenantOwned):
    """A service that is worked on."""

    window = TenantKey(MaintenanceWindow, related_name="services")
    service = TenantKey(Service, related_name="+")

    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "window", "service"], name="service_once_a_window")]


class Signal(TenantOwned):
    """What waits for the answer to "is this an incident?": a group of alerts, or what a person reported.

    `is_open`: a group still takes alerts in (waiting, suppressed, or belonging to a running incident); later ones open a new signal.
    `quiet_until`: when one that is suppressed is looked at again; None where only another rule can change it.
    """

    class Kind(models.TextChoices):
        """Who said it."""

        ALERTS = "alerts", "Alerts"
        REPORT = "report", "Report"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=SignalState.choices, default=SignalState.WAITING)
    is_open = models.BooleanField(default=True)
    title = models.CharField(max_length=200)
    integration = TenantKey(Integration, null=True, related_name="+")
    group_key = models.CharField(max_length=64, blank=True)
    service = TenantKey(Service, null=True, related_name="+")
    suggested_severity = models.IntegerField(null=True, choices=Severity.choices)
    reporter = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    text = models.TextField(blank=True)
    ticket = models.CharField(max_length=80, blank=True)
    opened_at = models.DateTimeField(default=now)
    incident = TenantKey(Incident, null=True, related_name="signals")
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True)
    quiet_until = models.DateTimeField(null=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "integration", "group_key"],
                condition=Q(kind="alerts", is_open=True),
                name="one_open_signal_a_group",
            ),
            models.CheckConstraint(
                name="an_answer_says_when", condition=both_or_neither(Q(state="waiting"), Q(decided_at__isnull=True))
            ),
            models.CheckConstraint(
                name="with_an_incident",
                condition=Q(state__in=["waiting", "dismissed", "suppressed"]) | Q(incident__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "state", "-opened_at"], name="signal_queue"),
            models.Index(fields=["organisation", "incident"], name="signal_by_incident", condition=Q(incident__isnull=False)),
            models.Index(fields=["quiet_until"], name="signal_quiet", condition=Q(state="suppressed", is_open=True)),
        ]

    def __str__(self) -> str:
        return self.title


class Alert(TenantOwned):
    """One alert of monitoring. Derived from raw inbound, which is append-only; each change of state is an event.

    One row an (integration, fingerprint, start): a later start is a new alert, a late "resolved" closes only its own.
    `ended_before` is the end that was said last, kept while it fires again: the same "resolved" does not end it twice.
    `acknowledged_at`: when its source said that somebody there has seen it; that stops no page here (docs/decisions/0015).
    """

    integration = TenantKey(Integration, related_name="+")
    fingerprint = models.CharField(max_length=64)
    signal = TenantKey(Signal, related_name="alerts")
    incident_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=10, choices=AlertState.choices)
    name = models.CharField(max_length=200)
    summary = models.CharField(max_length=500, blank=True)
    labels: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    annotations: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    source_url = models.CharField(max_length=2000, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_before = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(default=now)
    last_seen_at = models.DateTimeField(default=now)
    seen = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "integration", "fingerprint", "started_at"], name="an_alert_once")
        ]
        indexes = [
            models.Index(fields=["organisation", "signal"], name="alert_by_signal"),
            models.Index(
                fields=["organisation", "incident_id"], name="alert_by_incident", condition=Q(incident_id__isnull=False)
            ),
            models.Index(fields=["organisation", "integration", "fingerprint"], name="alert_firing", condition=Q(state="firing")),
        ]

    @property
    def is_firing(self) -> bool:
        """Whether monitoring says that it still fires."""
        return self.state == AlertState.FIRING

    def __str__(self) -> str:
        return self.name
