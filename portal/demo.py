"""The demonstration: two organisations of the same shape, with somebody in every role and a holder for every duty."""

import secrets
from datetime import time, timedelta
from typing import Any

from django.db import transaction

from compliance.actions.engagements import make_engagement
from incidents.components import ship_components
from incidents.integrating import make_integration
from incidents.models import Integration
from ledger import people
from ledger.actions import configure
from oncall.actions import schedules
from oncall.actions.notices import begin_notices
from oncall.models import Service, Team, TeamMember
from oncall.plans import Plan
from oncall.rota import OnCallDuty
from standard.actions import adopt_shipped
from status.actions import set_status_page
from tenants.actors import Actor, Duty, Role, Via, system
from tenants.credentials import organisation_by_slug
from tenants.models import Organisation, User
from tenants.scope import scope
from tenants.time import now

# local part of the e-mail -> (name, roles, duties)
CAST: dict[str, tuple[str, tuple[Role, ...], tuple[Duty, ...]]] = {
    "admin": ("Ada Admin", (Role.ADMINISTRATOR, Role.PRACTITIONER), ()),
    "owner": ("Olga Owner", (Role.PROCESS_OWNER,), (Duty.PRIVACY_OFFICER,)),
    "amira": ("Amira Ahmadi", (Role.PRACTITIONER,), ()),
    "jon": ("Jon Jensen", (Role.PRACTITIONER,), ()),
    "mei": ("Mei Martin", (Role.PRACTITIONER,), ()),
    "support": ("Sam Support", (Role.SUPPORT,), (Duty.PR,)),
    "exec": ("Eve Executive", (Role.EXECUTIVE,), (Duty.EXECUTIVE_TEAM, Duty.CFO, Duty.LEGAL_COUNSEL)),
    "director": ("Dana Director", (Role.EXECUTIVE,), (Duty.ENGINEERING_DIRECTOR,)),
    "auditor": ("Ines Inspector", (Role.AUDITOR,), ()),
}
ZONE = "UTC"
SERVICES = {"checkout": "Checkout", "search": "Search", "payments": "Payments"}


@transaction.atomic
def build(slug: str, name: str) -> dict[str, Any]:
    """Found one demonstration organisation. Returns what demo.json says of it, secrets included. Runs as the owner role."""
    organisation = people.found_organisation(slug, name)
    by = system(organisation.pk, Via.COMMAND)
    with scope(organisation.pk, surface=Via.COMMAND, actor=by):
        adopt_shipped(by=by)
        ship_components(by=by)
        begin_notices(by=by)
        cast = {local: _enrol(local, slug, by) for local in CAST}
        _team(cast, by)
        _engage(slug, by)
        _, key = make_integration(Integration.Kind.ALERTMANAGER, "Alertmanager", by=by)
        rows = [_tell(local, cast[local], by) for local in CAST]
    return {"slug": slug, "people": rows, "keys": {"alertmanager": key}}


def _enrol(local: str, slug: str, by: Actor) -> tuple[User, str]:
    name, roles, duties = CAST[local]
    password = "-".join(secrets.token_hex(3) for _ in range(3))
    user = people.person(f"{local}@{slug}.example", name, password)
    people.enrol(user, roles, by=by, duties=duties)
    return user, password


def _team(cast: dict[str, tuple[User, str]], by: Actor) -> None:
    """One team that answers for three services: Amira first, Jon second, Ada as the manager."""
    team = Team()
    configure(team, {"slug": "shop", "name": "Shop", "manager": cast["admin"][0], "is_default": True}, by=by)
    for position, local in enumerate(("amira", "jon", "mei"), start=1):
        configure(TeamMember(), {"team": team, "user": cast[local][0], "position": position}, by=by)
    for slug, name in SERVICES.items():
        configure(Service(), {"slug": slug, "name": name, "team": team, "product_owner": cast["owner"][0]}, by=by)


def _engage(slug: str, by: Actor) -> None:
    """An audit whose period began a year ago and still runs, that the auditor of the cast looks at."""
    today = now().date()
    first, last = today - timedelta(days=400), today + timedelta(days=400)
    make_engagement(by=by, firm="Inspector & Partners", auditor=f"auditor@{slug}.example", first=first, last=last, expires=last)


def schedule(slug: str) -> None:
    """Give the one team of a demonstration organisation a schedule: Amira, Jon and Mei by turns of a week."""
    organisation = Organisation.objects.get(slug=slug)
    by = system(organisation.pk, Via.COMMAND)
    with scope(organisation.pk, surface=Via.COMMAND, actor=by):
        team = Team.objects.select_related("manager").get(organisation=organisation, is_default=True)
        made = schedules.make_schedule(by=by, name=f"{team.name} on call", slug=team.slug, team=team, time_zone=ZONE)
        order = [member.user for member in team.members.select_related("user").order_by("position")]
        starts = now().date() - timedelta(days=1)  # so that whoever looks around finds the first one's turn for some days
        for duty, people in ((OnCallDuty.PRIMARY, order), (OnCallDuty.SECONDARY, [*order[1:], order[0]])):
            plan = Plan(duty=duty, people=tuple(people), starts_on=starts, handover_at=time(9), time_zone=ZONE)
            schedules.add_layer(made, plan, by=by)


def show_status(slug: str) -> None:
    """Give a demonstration organisation its status page for everybody."""
    organisation_id = organisation_by_slug(slug)
    if organisation_id is None:
        raise LookupError(f"There is no organisation {slug}.")
    by = system(organisation_id, Via.COMMAND)
    with scope(organisation_id, surface=Via.COMMAND, actor=by):
        set_status_page(by=by, public=True, reason="Customers look here first.")


def _tell(local: str, member: tuple[User, str], by: Actor) -> dict[str, Any]:
    user, password = member
    roles = [role.value for role in CAST[local][1]]
    scopes = ("read",) if Role.AUDITOR in CAST[local][1] else ("read", "write")
    _, token = people.issue_token(user, "demo", by=by, scopes=scopes, days=365)
    return {"email": user.email, "password": password, "roles": roles, "token": token}


def exists(slug: str) -> bool:
    """Whether the organisation is there already."""
    return Organisation.objects.filter(slug=slug).exists()
