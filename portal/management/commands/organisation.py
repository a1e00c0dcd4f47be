"""`manage.py organisation`: founding organisations and their first members, until the platform console comes."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from incidents.components import ship_components
from incidents.integrating import issue_key, make_integration
from incidents.models import Integration
from ledger import people
from ledger.inviting import invite
from oncall.actions.notices import begin_notices
from standard.actions import adopt_shipped
from tenants.actors import Actor, Role, Via, system
from tenants.models import Organisation, User
from tenants.refusals import Refused
from tenants.scope import scope

_COME_IN = "is written to; a password is chosen by the link there, or by one from /accounts/password/reset/."


class Command(BaseCommand):
    """Found an organisation, add a member, issue a token or an integration's key."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """One sub-command each."""
        what = parser.add_subparsers(dest="what", required=True)
        found = what.add_parser("found", help="found SLUG NAME --administrator EMAIL")
        found.add_argument("slug")
        found.add_argument("name")
        found.add_argument("--administrator", required=True, metavar="EMAIL")
        found.add_argument("--time-zone", default="UTC")
        member = what.add_parser("member", help="member SLUG EMAIL ROLE [ROLE ...]")
        member.add_argument("slug")
        member.add_argument("email")
        member.add_argument("roles", nargs="+", choices=[role.value for role in Role])
        member.add_argument("--name", default="")
        token = what.add_parser("token", help="token SLUG EMAIL NAME: prints the token, once")
        token.add_argument("slug")
        token.add_argument("email")
        token.add_argument("name")
        token.add_argument("--read-only", action="store_true")
        key = what.add_parser(
            "key", help="key SLUG NAME [--kind KIND]: makes an integration (or another key of it); prints the key, once"
        )
        key.add_argument("slug")
        key.add_argument("name")
        key.add_argument("--kind", choices=Integration.Kind.values, default=Integration.Kind.ALERTMANAGER.value)

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Run it; a refusal is a sentence."""
        try:
            if options["what"] == "found":
                organisation = people.found_organisation(options["slug"], options["name"])
            else:
                organisation = self._organisation(options["slug"])
            by = system(organisation.pk, Via.COMMAND)
            with scope(organisation.pk, surface=Via.COMMAND, actor=by):
                getattr(self, f"_{options['what']}")(options, by)
        except (Refused, ValidationError) as error:
            raise CommandError("; ".join(error.messages) if isinstance(error, ValidationError) else str(error)) from error

    def _organisation(self, slug: str) -> Organisation:
        found = Organisation.objects.filter(slug=slug).first()
        if found is None:
            raise CommandError(f"There is no organisation {slug}.")
        return found

    def _user(self, email: str) -> User:
        found = User.objects.filter(email__iexact=email).first()
        if found is None:
            raise CommandError(f"Nobody has the e-mail address {email}: add them with `organisation member`.")
        return found

    def _found(self, options: dict[str, Any], by: Actor) -> None:
        adopt_shipped(by=by, time_zone=options["time_zone"])
        ship_components(by=by)
        begin_notices(by=by)
        made = invite(options["administrator"], "", [Role.ADMINISTRATOR, Role.PRACTITIONER], by=by)
        self.stdout.write(f"{options['name']} is founded. {made.user.email} {_COME_IN}")

    def _member(self, options: dict[str, Any], by: Actor) -> None:
        made = invite(options["email"], options["name"], [Role(role) for role in options["roles"]], by=by)
        self.stdout.write(f"{made.user.email} is a member, and {_COME_IN}")

    def _token(self, options: dict[str, Any], by: Actor) -> None:
        scopes = ("read",) if options["read_only"] else ("read", "write")
        _, credential = people.issue_token(self._user(options["email"]), options["name"], by=by, scopes=scopes)
        self.stdout.write(credential)

    def _key(self, options: dict[str, Any], by: Actor) -> None:
        found = Integration.objects.filter(name=options["name"], organisation_id=by.organisation_id).first()
        key = issue_key(found, by=by) if found else make_integration(Integration.Kind(options["kind"]), options["name"], by=by)[1]
        self.stdout.write(key)
