"""What an organisation's admin is made of: Django's own, inside its walls. Each change is one `configure`, one event."""

from functools import update_wrapper
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import IntegrityError, connection
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from ledger.actions import configure
from ledger.models import Event
from tenants.actors import Actor, Role
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
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
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


class ConfigurationInline(BaseInline):
    """Rows that are edited within another's page."""

    extra = 1

    def formfield_for_dbfield(self, db_field: Any, request: Any, **options: Any) -> Any:
        """The form's field. Django's table names it in its heading alone, which is no label of it to whoever hears the page."""
        found = super().formfield_for_dbfield(db_field, request, **options)
        if found is not None:
            shown: Any = found.widget
            for widget in {shown, getattr(shown, "widget", shown)}:  # a choice of rows is wrapped with what adds one
                widget.attrs.setdefault("aria-label", str(found.label))
        return found

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
