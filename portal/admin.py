"""An organisation's admin: Django's own, inside its walls. Configuration only; each change is one `configure`, one event."""

from functools import update_wrapper
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db import IntegrityError, connection
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from incidents import ruling
from incidents.models import Component, Integration, RoutingRule, UpdatePolicy
from incidents.states import Audience
from ledger import people
from ledger.actions import configure, try_again
from ledger.models import Event, Outbox
from notifications.queries import verified
from oncall.models import EscalationPolicy, EscalationTarget, Service, Team, TeamMember
from standard.clocks import try_again as strike_again
from standard.models import Calendar, CalendarDay, ClockFailure, StandardVersion
from tenants.actors import Actor, Role
from tenants.models import ApiToken, DutyHolder, Membership
from tenants.refusals import Reason, Refused

if TYPE_CHECKING:
    BaseAdmin = admin.ModelAdmin[Any]
    BaseInline = admin.TabularInline[Any, Any]
else:
    BaseAdmin, BaseInline = admin.ModelAdmin, admin.TabularInline


NOT_AN_ADMINISTRATOR = Reason("not_an_administrator", "This part is for the organisation's administrators.", status=403)


class OrganisationAdmin(admin.AdminSite):
    """The admin below /o/<slug>/admin/, for its administrators."""

    site_header = site_title = "Muster"
    index_title = "Configuration"
    login_template = None

    def has_permission(self, request: HttpRequest) -> bool:
        """Administrators of the organisation, by membership; Django's own permissions are not used."""
        actor: Actor | None = getattr(request, "actor", None)
        return actor is not None and actor.has(Role.ADMINISTRATOR)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Who is no administrator is told so; there is no second sign-in."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **options: Any) -> Any:
            if not self.has_permission(request):
                raise Refused(NOT_AN_ADMINISTRATOR)
            return inner(request, *args, **options)

        return update_wrapper(guarded, view)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Django's own form would sign people in past the throttle and the second factor: it is never shown."""
        if self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        raise Refused(NOT_AN_ADMINISTRATOR)


site = OrganisationAdmin(name="admin")


class ConfigurationAdmin(BaseAdmin):
    """A configuration table. Every write is the action `configure`; Django's own log entries are off, events take their place."""

    actions: Any = None

    def _may(self, request: HttpRequest) -> bool:
        return site.has_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Administrators."""
        return self._may(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators."""
        return self._may(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators."""
        return self._may(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators."""
        return self._may(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators; what is in use is refused by the action."""
        return self._may(request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """One action, one event with the diff."""
        changes = {name: form.cleaned_data[name] for name in form.changed_data if name in form.cleaned_data}
        if changes or not change:
            configure(obj, changes, by=request.actor)  # type: ignore[attr-defined]

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """One action, one event."""
        configure(obj, {}, by=request.actor, delete=True)  # type: ignore[attr-defined]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Rows edited within another's page go the same way."""
        formset.save(commit=False)
        for obj in formset.deleted_objects:
            configure(obj, {}, by=request.actor, delete=True)  # type: ignore[attr-defined]
        for obj, names in formset.changed_objects:
            configure(obj, {name: getattr(obj, name) for name in names}, by=request.actor)  # type: ignore[attr-defined]
        for obj in formset.new_objects:
            names = [f.name for f in obj._meta.local_concrete_fields if f.editable and not f.primary_key]
            configure(obj, {name: getattr(obj, name) for name in names}, by=request.actor)  # type: ignore[attr-defined]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Judge what the database judges last here, where it can still be said, and not at the commit."""
        super().save_related(request, form, formsets, change)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        except IntegrityError as error:
            raise Refused(
                Reason("conflict", "Two rows say the same where only one may, such as a position in a team.")
            ) from error

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """Events take the place of Django's log."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """Events take the place of Django's log."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:  # type: ignore[override]
        """Events take the place of Django's log."""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Who changed what, from the events."""
        model: type[Model] = self.model
        events = Event.objects.filter(
            subject_type=model._meta.label_lower,
            subject_id=int(object_id) if object_id.isdecimal() and len(object_id) < 19 else 0,
        )
        context = {**site.each_context(request), "title": "History", "events": events.order_by("-id")[:200], "opts": model._meta}
        return TemplateResponse(request, "admin/muster_history.html", context)


class ReadOnlyAdmin(ConfigurationAdmin):
    """What is shown and changed elsewhere."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never here."""
        return False


class MembershipAdmin(ConfigurationAdmin):
    """Roles of members. The person's e-mail, password and second factor are their own."""

    list_display = ("user", "roles", "is_active", "contact_methods")
    fields = ("user", "roles", "is_active")
    readonly_fields = ("user",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People are invited by `manage.py organisation` until invitations come."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A membership is switched off, never deleted: what its person did stays theirs."""
        return False

    @admin.display(description="Contact methods")
    def contact_methods(self, row: Membership) -> str:
        """How many of their own they have verified: by what, and where it leads, is theirs alone."""
        count = verified([row.user_id]).get(row.user_id, 0)
        return f"{count} verified" if count else "account e-mail only"


class ConfigurationInline(BaseInline):
    """Rows that are edited within another's page."""

    extra = 1

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators."""
        return site.has_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators."""
        return site.has_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators."""
        return site.has_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators."""
        return site.has_permission(request)


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


class ServiceAdmin(ConfigurationAdmin):
    """Services."""

    list_display = ("name", "slug", "team")


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
    """What customers know of the product by name, in the order in which they see it."""

    list_display = ("position", "name", "slug")
    list_display_links = ("name",)
    ordering = ("position", "id")


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
    (Calendar, CalendarAdmin),
    (StandardVersion, StandardAdmin),
    (Outbox, SetAsideAdmin),
    (ClockFailure, ClocksSetAsideAdmin),
):
    site.register(model, model_admin)
