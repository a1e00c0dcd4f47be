"""Whether the right people would be woken: teams, schedules, policies, and how their people are reached (oncall.primary-secondary)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from notifications.queries import verified
from oncall.models import EscalationTarget, Schedule, Service, Team, TeamMember
from oncall.queries import policies
from oncall.rota import Rota, clashes, gaps, spans
from oncall.rota.figures import WOKEN
from oncall.rotas import people, rotas, zone
from standard.faults import Fault
from tenants.addresses import inside
from tenants.models import DutyHolder, Membership
from tenants.time import now

CLAUSE = "oncall.primary-secondary"
AHEAD = timedelta(days=14)
ORDINALS = ("primary", "secondary")


def faults() -> list[Fault]:
    """What is wrong now, or will be in the next 14 days. A fixed number of queries, however many teams there are."""
    start = now()
    end = start + AHEAD
    teams = list(Team.objects.select_related("manager").order_by("slug"))
    schedules = list(Schedule.objects.filter(is_active=True).select_related("team").order_by("slug"))
    laid = rotas(schedules, start, end)
    members = _members()
    active = frozenset(Membership.objects.filter(is_active=True, user__is_active=True).values_list("user_id", flat=True))
    planned = {schedule.team_id for schedule in schedules if schedule.team_id is not None}
    found = [*_organisation(teams), *_policies(active)]
    for team in teams:
        found += _team(team, members[team.pk], active, planned=team.pk in planned)
    for schedule in schedules:
        found += _schedule(schedule, laid[schedule.pk], start, end)
    woken = _woken(teams, members, planned, laid, start, end) | _named_by_policies()
    return [*found, *_unreachable(woken & active)]


def _members() -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for team_id, user_id in TeamMember.objects.order_by("team_id", "position").values_list("team_id", "user_id"):
        found[team_id].append(user_id)
    return found


def _organisation(teams: list[Team]) -> Iterator[Fault]:
    if not any(team.is_default for team in teams):
        sentence = "No team is the default: an alert or incident without a service pages nobody."
        yield Fault("no_default_team", "The organisation", sentence, inside("admin:oncall_team_changelist"), "mobilize.page-out")
    for service in Service.objects.filter(product_owner=None).order_by("slug"):
        sentence = f"{service.name} has no product owner, who is told of its incidents."
        yield Fault("no_product_owner", service.name, sentence, inside("admin:oncall_service_change", service.pk))


def _team(team: Team, members: list[int], active: frozenset[int], *, planned: bool) -> Iterator[Fault]:
    url = inside("admin:oncall_team_change", team.pk)
    if not planned:
        there = [user_id for user_id in members if user_id in active]
        for ordinal in ORDINALS[len(there) : 2]:
            sentence = f"{team.name} has no {ordinal}: no schedule, and too few members who are there."
            yield Fault(f"no_{ordinal}", team.name, sentence, url, CLAUSE)
    if team.manager_id is None or team.manager_id not in active:
        sentence = f"{team.name} has no Engineering Manager: a page that nobody acknowledges ends with the secondary."
        yield Fault("no_manager", team.name, sentence, url, "oncall.escalate-15-30")


def _policies(active: frozenset[int]) -> Iterator[Fault]:
    """Policies that call nobody, and rows of them that nobody answers for."""
    held = set(DutyHolder.objects.filter(user_id__in=active).values_list("duty", flat=True))
    for policy in policies():
        url = inside("admin:oncall_escalationpolicy_change", policy.pk)
        rows = list(policy.targets.all())
        if not rows:
            sentence = f"The policy {policy.name} calls nobody: the standard's own order is used in its place."
            yield Fault("policy_empty", policy.name, sentence, url, "oncall.escalate-15-30")
        for row in rows:
            if gone := _nobody(row, active, held):
                sentence = f"The policy {policy.name} calls {gone}: its step after {row.after_minutes} minutes is passed over."
                yield Fault("policy_target_gone", policy.name, sentence, url, "oncall.escalate-15-30")


def _nobody(row: EscalationTarget, active: frozenset[int], held: set[str]) -> str:
    """What a row of a policy names that is not there, in words; "" where somebody answers for it."""
    if row.user is not None and row.user_id not in active:
        return f"{row.user.name}, who has left"
    if row.schedule is not None and not row.schedule.is_active:
        return f"{row.schedule.name}, which is switched off"
    if row.duty and row.duty not in held:
        return f"the duty of {row.get_duty_display()}, which nobody holds"
    return ""


def _schedule(schedule: Schedule, rota: Rota, start: datetime, end: datetime) -> Iterator[Fault]:
    url, here = inside("schedule", schedule.slug), zone(schedule.time_zone)
    missing = {duty for duty in WOKEN if all(span.held is None for span in spans(rota, start, end, duty))}
    for duty in sorted(missing):
        sentence = f"{schedule.name} has no {duty} at all in the next 14 days."
        yield Fault(f"no_{duty}", schedule.name, sentence, url, CLAUSE)
    for gap in gaps(rota, start, end):
        if gap.duty not in missing:
            span = (
                f"{gap.start.astimezone(here):%a %d %b %H:%M} to {gap.end.astimezone(here):%a %d %b %H:%M} {schedule.time_zone}"
            )
            yield Fault("gap", schedule.name, f"{schedule.name} has no {gap.duty} from {span}.", url, CLAUSE)
    both = clashes(rota, start, end)
    names = people(person for _, _, person in both)
    for begins, ends, person in both:
        span = f"{begins.astimezone(here):%a %d %b %H:%M} to {ends.astimezone(here):%a %d %b %H:%M} {schedule.time_zone}"
        name = names[person].name if person in names else "Somebody"
        yield Fault("same_person", schedule.name, f"{name} is primary and secondary at once from {span}.", url, CLAUSE)


def _woken(
    teams: list[Team],
    members: dict[int, list[int]],
    planned: set[int],
    laid: dict[int, Rota],
    start: datetime,
    end: datetime,
) -> frozenset[int]:
    """The user ids of those who may be woken in the next 14 days: on call by a schedule, or among a team's first two."""
    found = {user_id for team in teams if team.pk not in planned for user_id in members[team.pk][:2]}
    for rota in laid.values():
        found |= {span.person for duty in WOKEN for span in spans(rota, start, end, duty) if span.person is not None}
    return frozenset(found)


def _named_by_policies() -> frozenset[int]:
    """The user ids of the persons whom policies call by name."""
    rows = EscalationTarget.objects.filter(user__isnull=False).values_list("user_id", flat=True)
    return frozenset(user_id for user_id in rows if user_id is not None)


def _unreachable(user_ids: Iterable[int]) -> Iterator[Fault]:
    wanted = list(user_ids)
    reachable = verified(wanted)
    for person in sorted(people(wanted).values(), key=lambda person: person.name):
        if not reachable.get(person.pk):
            sentence = f"{person.name} is on call and has no verified contact method: only an e-mail would try to wake them."
            yield Fault("no_contact_method", person.name, sentence, "", CLAUSE)
