"""Calendars: secret addresses that show who is on call, and shifts that come from somebody else's calendar."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ledger.actions import record
from ledger.verbs import verb
from oncall.actions.schedules import concerned, locked, no_clash
from oncall.models import CalendarLink, CalendarLinkSecret, Override, Schedule
from oncall.plans import Stretch
from oncall.reading import Read, shifts
from oncall.rota import OnCallDuty
from oncall.rotas import SOON, rota, standing, zone
from oncall.rules import calendars as rules
from oncall.rules import overrides, schedules
from tenants import credentials
from tenants.actors import Actor, Role
from tenants.models import Membership, Organisation, User
from tenants.refusals import Reason, check
from tenants.time import now

KEY_PREFIX = "cal"
TOLD_MOST = 5  # problems of an import that are said at once


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to: overrides made, those that stand as before, taken back, and events of another duty passed over."""

    made: int
    kept: int
    taken_back: int
    passed_over: int

    @property
    def sentence(self) -> str:
        """The same for people."""
        shifts = f"{self.made} {'shift' if self.made == 1 else 'shifts'} made, {self.kept} kept as before, {self.taken_back} taken back"
        return f"{shifts}; {self.passed_over} of another duty passed over."


@verb("share", kind="calendar.shared", who="any member", subject="calendar link")
def share_calendar(*, by: Actor, schedule: Schedule | None = None) -> tuple[CalendarLink, str]:
    """Make a secret address at which a calendar reads a schedule, or (None) one's own shifts.

    Returns the link with its credential, which is shown this once and never again. It ends with its owner's membership.
    """
    check(schedules.why_not_write(by))
    link = CalendarLink.objects.create(user_id=by.person_id, schedule=schedule)
    public_id = Organisation.objects.get(pk=by.organisation_id).public_id
    credential = credentials.mint(KEY_PREFIX, public_id)
    CalendarLinkSecret.objects.create(link=link, digest=credentials.digest(credential))
    record("calendar.shared", link, by=by, schedule=schedule.name if schedule else "")
    return link, credential


@verb("revoke", kind="calendar.revoked", who="its owner, administrators", subject="calendar link")
def revoke_calendar(link: CalendarLink, *, by: Actor) -> CalendarLink:
    """Make a calendar's address show nothing any more, for good."""
    link = CalendarLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    check(rules.why_not_revoke(link, by))
    link.revoked_at = now()
    link.save()
    record("calendar.revoked", link, by=by, schedule=link.schedule.name if link.schedule else "")
    return link


@verb(
    "import",
    kind="schedule.imported",
    who="administrator; the team's lead",
    subject="schedule",
    clauses=(schedules.PAIR,),
)
def import_calendar(schedule: Schedule, body: bytes, *, by: Actor, duty: OnCallDuty) -> Imported:
    """Take a duty's shifts from an iCalendar file, as overrides, a year ahead: all of them or none.

    Importing again takes back what was imported for that duty before and is not in the file any more; a file that has nothing of
    the duty is a file of another one, and refused.
    """
    schedule = locked(schedule)
    check(schedules.why_not_edit(schedule.team, by))
    at = now()
    read = shifts(body, zone(schedule.time_zone), at)
    wanted = [one for one in read if one.duty in ("", duty)]
    check([] if wanted else [rules.none_of(duty, len(read))])
    asked = _asked([one for one in wanted if not one.cancelled], duty, at, by)
    running = [o for o in Override.objects.filter(schedule=schedule, duty=duty, cancelled_at=None, ends_at__gt=at) if o.source]
    kept = [o for o in running if any(_is(o, *pair, at) for pair in asked)]
    gone = [o for o in running if o not in kept]
    end = max([at, *(stretch.end for _, stretch in asked), *(o.ends_at for o in gone)])
    before = rota(schedule, at, max(end, at + SOON))
    for override in gone:
        override.cancelled_at = at
        override.save()
    made = _put(schedule, [pair for pair in asked if not any(_is(o, *pair, at) for o in kept)], by)
    after = rota(schedule, at, max(end, at + SOON))
    no_clash(schedule, before, after, at, end, field="file")
    told = concerned(before, after, at) if schedule.is_active else []
    result = Imported(len(made), len(kept), len(gone), len(read) - len(wanted))
    counts: dict[str, Any] = {
        "made": result.made,
        "kept": result.kept,
        "taken_back": result.taken_back,
        "passed_over": result.passed_over,
    }
    record("schedule.imported", schedule, by=by, name=schedule.name, duty=duty.value, **counts, people=told)
    return result


def _is(override: Override, one: Read, stretch: Stretch, at: datetime) -> bool:
    """Whether an override is this shift, imported before. One that had begun by then holds since the import."""
    begun = max(override.starts_at, one.start) <= at
    same = (override.source, override.ends_at, override.user_id) == (one.uid, stretch.end, stretch.person.pk)
    return same and (begun or override.starts_at == one.start)


def _asked(read: Iterable[Read], duty: OnCallDuty, at: datetime, by: Actor) -> list[tuple[Read, Stretch]]:
    """Whose each shift is. Refuses, naming the events, what is nobody's or cannot be."""
    members = Membership.objects.filter(
        organisation_id=by.organisation_id, is_active=True, roles__contains=[Role.PRACTITIONER.value]
    ).select_related("user")
    by_mail: dict[str, User] = {member.user.email.lower(): member.user for member in members}
    by_name: dict[str, list[User]] = {}
    for user in by_mail.values():
        by_name.setdefault(user.name.lower(), []).append(user)
    found, problems = [], []
    for one in read:
        named = by_name.get(one.who.lower(), [])
        person = by_mail.get(one.who.lower()) or (named[0] if len(named) == 1 else None)
        if person is None:
            problems.append(rules.nobody(one, len(named)))
            continue
        stretch = Stretch(duty, max(one.start, at), one.end, person)  # what has begun is taken from now on
        problems += _about(one, overrides.why_not_stretch(stretch, at))
        found.append((one, stretch))
    check(problems[:TOLD_MOST])
    return found


def _put(schedule: Schedule, asked: list[tuple[Read, Stretch]], by: Actor) -> list[Override]:
    """Write the overrides. Refuses, naming the events, two at one time."""
    if not asked:
        return []
    start, end = min(s.start for _, s in asked), max(s.end for _, s in asked)
    others = [o for o in standing([schedule.pk], start, end) if o.cancelled_at is None]
    made: list[Override] = []
    for one, stretch in asked:
        check(_about(one, overrides.why_not_overlap(stretch, [*others, *made], schedule)))
        made.append(
            Override.objects.create(
                schedule=schedule,
                duty=stretch.duty,
                starts_at=stretch.start,
                ends_at=stretch.end,
                user=stretch.person,
                made_by_id=by.user_id,
                source=one.uid,
            )
        )
    return made


def _about(one: Read, reasons: list[Reason]) -> list[Reason]:
    return [replace(r, field="file", sentence=f"In {one.named}: {r.sentence}") for r in reasons]
