"""Whether the right people would be woken: teams, schedules, policies, and how their people are reached (oncall.primary-secondary)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from notifications.queries import verified
from oncall.escalation import Kind
from oncall.models import EscalationPolicy, EscalationTarget, Schedule, Service, Team, TeamMember
from oncall.queries import policies
from oncall.rota import Rota, Span, clashes, gaps, spans
from oncall.rota.figures import WOKEN
from oncall.rotas import answering, gone, people, rotas, zone
from standard.faults import Fault
from standard.queries import in_force_id, law
from tenants.addresses import inside
from tenants.models import DutyHolder
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
    active = frozenset(answering().values_list("user_id", flat=True))
    planned = {schedule.team_id for schedule in schedules if schedule.team_id is not None}
    plans = list(policies())
    turns = {pk: _turns(rota, start, end) for pk, rota in laid.items()}
    fixed = {team.pk: members[team.pk] for team in teams if team.pk not in planned}
    ended = gone(user_id for ids in (*turns.values(), *fixed.values()) for user_id in ids)
    names = people(ended)
    found = [*_organisation(teams), *_policies(plans, active)]
    for team in teams:
        found += _team(team, members[team.pk], active, planned=team.pk in planned)
        found += _gone_of_the_order(team, [(names[pk].name, ended[pk]) for pk in fixed.get(team.pk, ()) if pk in ended])
    for schedule in schedules:
        found += _schedule(schedule, laid[schedule.pk], start, end)
        mine = {pk: span for pk, span in turns[schedule.pk].items() if pk in ended}
        found += _gone_of_the_rota(schedule, [(names[pk].name, ended[pk], span) for pk, span in mine.items()])
    woken = {user_id for ids in turns.values() for user_id in ids}
    woken |= _of_the_teams(teams, members, active, planned, plans) | _named_by_policies(plans)
    return [*found, *_unreachable(woken & active)]


def _turns(rota: Rota, start: datetime, end: datetime) -> dict[int, Span]:
    """User id -> the first stretch in which they may be woken by a schedule."""
    held = [span for duty in WOKEN for span in spans(rota, start, end, duty) if span.person is not None]
    found: dict[int, Span] = {}
    for span in sorted(held, key=lambda span: span.start):
        if span.person is not None:
            found.setdefault(span.person, span)
    return found


def _gone_of_the_order(team: Team, ended: list[tuple[str, str]]) -> Iterator[Fault]:
    url = inside("admin:oncall_team_change", team.pk)
    for name, why in ended:
        yield Fault("on_call_gone", team.name, f"{name} stands in the fixed order of {team.name} and {why}.", url, CLAUSE)


def _gone_of_the_rota(schedule: Schedule, ended: list[tuple[str, str, Span]]) -> Iterator[Fault]:
    """Those whose turn comes though they have left, or are no practitioners: once each, with when it comes first."""
    here = zone(schedule.time_zone)
    for name, why, span in ended:
        since = f"{span.start.astimezone(here):%a %d %b %H:%M} {schedule.time_zone}"
        sentence = f"{name} is {span.duty} of {schedule.name} from {since} and {why}."
        yield Fault("on_call_gone", schedule.name, sentence, inside("schedule", schedule.slug), CLAUSE)


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


def _policies(plans: list[EscalationPolicy], active: frozenset[int]) -> Iterator[Fault]:
    """Policies that call nobody, and rows of them that nobody answers for."""
    held = set(DutyHolder.objects.filter(user_id__in=active).values_list("duty", flat=True))
    for policy in plans:
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


def _of_the_teams(
    teams: list[Team], members: dict[int, list[int]], active: frozenset[int], planned: set[int], plans: list[EscalationPolicy]
) -> set[int]:
    """The user ids of those whom pages to teams may wake besides a schedule's people.

    Managers, who come last; a fixed order's first two; everybody of a team with a step for everyone, by its own policy, a service's
    or the default.
    """
    everyone = {plan.pk for plan in plans if any(row.kind == Kind.EVERYONE for row in plan.targets.all())}
    default = any(plan.pk in everyone for plan in plans if plan.is_default)
    named = dict(Service.objects.filter(policy__in=everyone).values_list("team_id", "policy_id"))
    found: set[int] = set()
    for team in teams:
        there = [user_id for user_id in members[team.pk] if user_id in active]
        whole = team.policy_id in everyone if team.policy_id else default
        found |= {*there} if whole or team.pk in named else {*there[:2]} if team.pk not in planned else set()
        found |= {team.manager_id} if team.manager_id else set()
    return found


def _named_by_policies(plans: list[EscalationPolicy]) -> set[int]:
    """The user ids of whom policies call by name or by duty, and of the holders of the duties that the standard pages."""
    rows = [row for plan in plans for row in plan.targets.all()]
    duties = {row.duty for row in rows if row.duty} | _paged_duties()
    holders = DutyHolder.objects.filter(duty__in=duties).values_list("user_id", flat=True)
    return {row.user_id for row in rows if row.user_id is not None} | set(holders)


def _paged_duties() -> set[str]:
    """The duties that a severity or a flag of the standard in force pages."""
    rules = law(in_force_id())
    called = [part.pages_duties for part in rules.severities] + [part.pages_duties for part in rules.flags]
    return {str(duty) for duties in called for duty in duties}


def _unreachable(user_ids: Iterable[int]) -> Iterator[Fault]:
    wanted = list(user_ids)
    reachable = verified(wanted)
    for person in sorted(people(wanted).values(), key=lambda person: person.name):
        if not reachable.get(person.pk):
            sentence = f"{person.name} may be paged and has no verified contact method: only an e-mail would try to wake them."
            yield Fault("no_contact_method", person.name, sentence, "", CLAUSE)
