"""The members of an organisation in its admin: whom an administrator invites, as what, and whose membership is over."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest

from ledger import inviting
from notifications.queries import verified
from portal.admin_base import ConfigurationAdmin
from tenants.actors import Role
from tenants.models import Membership

_ROLES = [(role.value, role.label) for role in Role]


def _boxes(**options: Any) -> forms.MultipleChoiceField:
    """Boxes to tick, not words to spell."""
    return forms.MultipleChoiceField(choices=_ROLES, widget=forms.CheckboxSelectMultiple, label="Roles", **options)


class InvitationForm(forms.ModelForm):  # type: ignore[type-arg]
    """Whom to invite: what is refused is said beside its field, with everything that was typed still there.

    But for what is known only once it is tried: an account that is switched off, and another administrator who was quicker.
    """

    email = forms.EmailField(
        label="E-mail address", help_text="They are written to, with a link to choose a password by if they have none."
    )
    name = forms.CharField(
        label="Name",
        max_length=inviting.NAME_MAX,
        required=False,
        help_text="As others read it. Whoever has an account in Muster already keeps the name that they have.",
    )
    roles = _boxes()
    by: Any = None

    class Meta:
        model = Membership
        fields = ("roles",)

    def clean(self) -> dict[str, Any]:
        """The verb's own reasons, as far as the fields could be read."""
        given: dict[str, Any] = super().clean() or {}
        if not self.errors:
            for reason in inviting.why_not_invite(
                self.by, given["email"], given["name"], [Role(role) for role in given["roles"]]
            ):
                self.add_error(reason.field or None, reason.sentence)
        return given


class MembershipAdmin(ConfigurationAdmin):
    """Members and their roles. A person's e-mail, password and second factor are their own."""

    list_display = ("user", "what", "is_active", "comes_in", "contact_methods")
    list_select_related = ("user",)
    fields = ("user", "roles", "is_active")
    readonly_fields = ("user",)
    actions = ("invite_again",)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """Of a new member the invitation's form, which knows who asks."""
        if change:
            return super().get_form(request, obj, change=change, **options)
        return type("InvitationForm", (InvitationForm,), {"by": request.actor})  # type: ignore[attr-defined]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The same."""
        return self.fields if obj is not None else ("email", "name", "roles")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The same."""
        return self.readonly_fields if obj is not None else ()

    def formfield_for_dbfield(self, db_field: Any, request: Any, **options: Any) -> Any:
        """Roles are ticked."""
        return _boxes() if db_field.name == "roles" else super().formfield_for_dbfield(db_field, request, **options)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A membership is switched off, never deleted: what its person did stays theirs."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A new member is invited; of one who is there the row is changed."""
        if change:
            super().save_model(request, obj, form, change)
            return
        given = form.cleaned_data
        roles = [Role(role) for role in given["roles"]]
        made = inviting.invite(given["email"], given["name"], roles, by=request.actor)  # type: ignore[attr-defined]
        obj.pk, obj.user = made.pk, made.user  # the row that the page speaks of afterwards

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Headed by what it does."""
        return super().add_view(request, form_url, {"title": "Invite a member", **(extra_context or {})})

    @admin.display(description="Roles", ordering="roles")
    def what(self, row: Membership) -> str:
        """Their roles, in words."""
        return ", ".join(row.role_labels)

    @admin.display(description="Chose a password", boolean=True)
    def comes_in(self, row: Membership) -> bool:
        """Whether they have one: who has none has not followed their link yet, or was written to by nobody."""
        return row.user.has_usable_password()

    @admin.display(description="Contact methods")
    def contact_methods(self, row: Membership) -> str:
        """How many of their own they have verified: by what, and where it leads, is theirs alone."""
        count = verified([row.user_id]).get(row.user_id, 0)
        return f"{count} verified" if count else "account e-mail only"

    @admin.action(description="Send the chosen members their invitation again")
    def invite_again(self, request: HttpRequest, rows: Any) -> None:
        """One verb each, for those whom it can be sent to; of the others it is said why not."""
        by, sent, reasons = request.actor, 0, []  # type: ignore[attr-defined]
        for row in rows.select_related("user"):
            why_not = inviting.why_not_invite_again(by, row)
            reasons += [reason.sentence for reason in why_not]
            if not why_not:
                inviting.invite_again(row, by=by)
                sent += 1
        self.message_user(
            request, " ".join([f"Written to: {sent}.", *reasons]), messages.WARNING if reasons else messages.SUCCESS
        )
