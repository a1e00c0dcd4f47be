"""An organisation's admin: what is configured there. Each change is one `configure`, one event."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from compliance.models import AccessPolicy
from compliance.models.access_policy import MAY_OPEN, openers
from incidents import ruling
from incidents.models import Component, Integration, RoutingRule, ServiceComponent, UpdatePolicy
from incidents.models.comms import counts_as_down
from incidents.states import Audience, Condition
from ledger import people
from ledger.actions import try_again
from ledger.models import Outbox
from oncall.models import EscalationPolicy, EscalationTarget, Service, Team, TeamMember
from portal.admin_base import ConfigurationAdmin, ConfigurationInline, ReadOnlyAdmin, site
from portal.admin_members import MembershipAdmin
from postmortems.models import BlamePhrase
from standard.clocks import try_again as strike_again
from standard.models import Calendar, CalendarDay, ClockFailure, StandardVersion
from tenants.models import ApiToken, DutyHolder, Membership


class TeamMemberInline(ConfigurationInline):
    """A team's members, in the order in which they are paged."""

    model = TeamMember
    fields = ("position", "user")
    ordering = ("position",)


class TeamAdmin(ConfigurationAdmin):
    """Teams."""

    list_display = ("name", "slug", "manager", "is_default")
    inlines = (TeamMemberInline,)


class EscalationTargetInline(ConfigurationInline):
    """Whom a policy calls, and when."""

    model = EscalationTarget
    extra = 3
    min_num = 1
    ordering = ("after_minutes", "id")

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        """A policy that calls nobody is refused."""
        return super().get_formset(request, obj, validate_min=True, **options)


class EscalationPolicyAdmin(ConfigurationAdmin):
    """Escalation policies."""

    list_display = ("name", "slug", "is_default", "repeat")
    inlines = (EscalationTargetInline,)


class ServiceComponentInline(ConfigurationInline):
    """By which components customers notice that a service is not well."""

    model = ServiceComponent


class ServiceAdmin(ConfigurationAdmin):
    """Services."""

    list_display = ("name", "slug", "team", "tier")
    inlines = (ServiceComponentInline,)


class RoutingRuleAdmin(ConfigurationAdmin):
    """Routing rules, in their order."""

    list_display = ("position", "name", "labels", "service", "suggested_severity", "outcome", "is_active")
    ordering = ("position",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The same verb as on the page of routing, where a rule is tried first."""
        changes = {name: form.cleaned_data[name] for name in form.changed_data if name in form.cleaned_data}
        if changes or not change:
            ruling.set_rule(obj, changes, by=request.actor)  # type: ignore[attr-defined]

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """The same."""
        ruling.remove_rule(obj, by=request.actor)  # type: ignore[attr-defined]


class DutyAdmin(ConfigurationAdmin):
    """Duties and who holds them."""

    list_display = ("duty", "user")


class ComponentAdmin(ConfigurationAdmin):
    """What customers know of the product by name, in the order in which they see it; how available it is meant to be (metrics.slo)."""

    list_display = ("position", "name", "slug", "slo", "sla")
    list_display_links = ("name",)
    ordering = ("position", "id")

    def formfield_for_dbfield(self, db_field: Any, request: Any, **options: Any) -> Any:
        """Boxes to tick, not words to spell."""
        if db_field.name == "down_when":
            return forms.MultipleChoiceField(
                choices=Condition.choices,
                widget=forms.CheckboxSelectMultiple,
                label="Down when",
                initial=counts_as_down,
                help_text=db_field.help_text,
            )
        return super().formfield_for_dbfield(db_field, request, **options)


class UpdatePolicyAdmin(ConfigurationAdmin):
    """Which audiences' updates Legal Counsel or PR approve before they go out (clause roles.cl-public-approval)."""

    list_display = ("__str__",)
    fields = ("approved_audiences",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There is one."""
        return super().has_add_permission(request, obj) and not UpdatePolicy.objects.exists()

    def formfield_for_dbfield(self, db_field: Any, request: Any, **options: Any) -> Any:
        """Boxes to tick, not words to spell."""
        if db_field.name == "approved_audiences":
            return forms.MultipleChoiceField(
                choices=Audience.choices, required=False, widget=forms.CheckboxSelectMultiple, label="Approved before they go out"
            )
        return super().formfield_for_dbfield(db_field, request, **options)


class CalendarDayInline(ConfigurationInline):
    """The organisation's own days off and working days."""

    model = CalendarDay
    fields = ("day", "kind", "name")
    ordering = ("day",)


class AccessPolicyAdmin(ConfigurationAdmin):
    """Which incidents have access reviewed, and who may break the glass (clauses evidence.access-review, breach.need-to-know)."""

    list_display = ("__str__",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There is one."""
        return super().has_add_permission(request, obj) and not AccessPolicy.objects.exists()

    def formfield_for_dbfield(self, db_field: Any, request: Any, **options: Any) -> Any:
        """Boxes to tick, not words to spell."""
        if db_field.name == "glass_openers":
            boxes = forms.CheckboxSelectMultiple
            return forms.MultipleChoiceField(
                choices=MAY_OPEN, required=False, widget=boxes, label="Who may break the glass", initial=openers
            )
        return super().formfield_for_dbfield(db_field, request, **options)


class CalendarAdmin(ConfigurationAdmin):
    """When the organisation works: hours, holidays and sprints."""

    list_display = ("time_zone", "opens_at", "closes_at", "weekdays", "country", "subdivision", "sprint_start", "sprint_days")
    inlines = (CalendarDayInline,)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There is one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There is always one."""
        return False


class BlamePhraseAdmin(ConfigurationAdmin):
    """Phrases that the organisation wants found in post-mortems, beside the shipped ones (clause principle.blameless)."""

    list_display = ("phrase", "suggestion", "is_active")


class IntegrationAdmin(ConfigurationAdmin):
    """Ways in for monitoring. They are added, with a key that is shown once, under Integrations."""

    list_display = ("name", "kind", "is_active", "created_at")
    fields = ("name", "kind", "is_active", "signed")


class TokenAdmin(ConfigurationAdmin):
    """API tokens: seen here, and revoked. Their secrets are nowhere."""

    list_display = ("name", "user", "scopes", "created_at", "expires_at", "revoked_at")
    fields = ("user", "name", "scopes", "expires_at", "revoked_at")
    readonly_fields = ("user", "name", "scopes", "expires_at", "revoked_at")
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Made where it can be shown once."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Revoked, not deleted."""
        return False

    @admin.action(description="Revoke the chosen tokens")
    def revoke(self, request: HttpRequest, rows: Any) -> None:
        """The same verb as under "My profile"."""
        for token in rows.filter(revoked_at=None):
            people.revoke_token(token, by=request.actor)  # type: ignore[attr-defined]


class StandardAdmin(ReadOnlyAdmin):
    """Versions of the standard; only the process owner publishes one."""

    list_display = ("number", "effective_at", "published_at")
    fields = ("number", "effective_at", "published_at", "content")


class SetAsideAdmin(ReadOnlyAdmin):
    """Reactions that failed too often: what did not happen, after which event, and why. To be tried again once that is mended."""

    list_display = ("reaction", "event_kind", "happened_at", "attempts", "last_error")
    fields = ("reaction", "event_kind", "happened_at", "attempts", "last_error")
    actions = ("try_again",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """The list has those set aside only: the others run by themselves within seconds."""
        found = super().get_queryset(request).select_related("event").order_by("-id")
        match = request.resolver_match
        return found.filter(next_try_at=None) if match and match.url_name and match.url_name.endswith("_changelist") else found

    @admin.display(description="After")
    def event_kind(self, row: Outbox) -> str:
        """The event, as the record names it."""
        return str(row.event)

    @admin.display(description="At")
    def happened_at(self, row: Outbox) -> Any:
        """When that was."""
        return row.event.recorded_at

    @admin.action(description="Try the chosen reactions again")
    def try_again(self, request: HttpRequest, rows: Any) -> None:
        """One verb each."""
        for row in rows:
            try_again(row, by=request.actor)  # type: ignore[attr-defined]


class ClocksSetAsideAdmin(ReadOnlyAdmin):
    """Clocks that could not be struck: which, and why. To be tried again once that is mended."""

    list_display = ("clock", "failures", "last_error")
    fields = ("clock", "failures", "last_error")
    actions = ("try_again",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """The list has those set aside only: the others are tried by themselves."""
        found = super().get_queryset(request).select_related("clock").order_by("-id")
        match = request.resolver_match
        return found.filter(next_try_at=None) if match and match.url_name and match.url_name.endswith("_changelist") else found

    @admin.action(description="Strike the chosen clocks again")
    def try_again(self, request: HttpRequest, rows: Any) -> None:
        """One verb each."""
        for row in rows:
            strike_again(row, by=request.actor)  # type: ignore[attr-defined]


for model, model_admin in (
    (Membership, MembershipAdmin),
    (DutyHolder, DutyAdmin),
    (ApiToken, TokenAdmin),
    (Team, TeamAdmin),
    (EscalationPolicy, EscalationPolicyAdmin),
    (Service, ServiceAdmin),
    (RoutingRule, RoutingRuleAdmin),
    (Integration, IntegrationAdmin),
    (Component, ComponentAdmin),
    (UpdatePolicy, UpdatePolicyAdmin),
    (BlamePhrase, BlamePhraseAdmin),
    (AccessPolicy, AccessPolicyAdmin),
    (Calendar, CalendarAdmin),
    (StandardVersion, StandardAdmin),
    (Outbox, SetAsideAdmin),
    (ClockFailure, ClocksSetAsideAdmin),
):
    site.register(model, model_admin)
