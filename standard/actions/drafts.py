"""New versions of the standard: drafted, published, withdrawn. The process owner's alone (people.process-owner)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ledger.actions import record
from ledger.verbs import verb
from standard import gate, rules
from standard.differences import differences
from standard.drafting import cleaned
from standard.models import StandardDraft, StandardVersion, StandardWithdrawal
from standard.queries import calendar, last_published, standing
from standard.rules import OWNER
from tenants.actors import Actor
from tenants.refusals import Conflict, check
from tenants.time import now
from tenants.words import text

REASON_MAX = 2_000
SUMMARY_MAX = 4_000
TOLD_MOST = 50  # differences that an event names; the versions have them all


@verb("start", kind="standard.draft_started", who="process owner", subject="standard draft", clauses=(OWNER,))
def start_draft(*, by: Actor, base: StandardVersion | None = None) -> StandardDraft:
    """Begin the next version as a copy of `base`: of the newest one that stands, where none is named."""
    _lock_standard()
    check(rules.why_not_start(by, gate.running_draft(by)))
    base = base or last_published()
    draft = StandardDraft.objects.create(
        base=base,
        content=base.content,
        started_by_id=by.person_id,
        changed_by_id=by.person_id,
        started_at=now(),
        changed_at=now(),
    )
    record("standard.draft_started", draft, by=by, base=base.number)
    return draft


@verb("change", kind="standard.draft_changed", who="process owner", subject="standard draft", clauses=(OWNER,))
def change_draft(draft: StandardDraft, content: Mapping[str, Any], *, by: Actor, revision: int) -> StandardDraft:
    """Have the draft say `content`, the whole of it; `revision` is the one that it was made from.

    Refuses (422) naming the place what is no standard. Raises Conflict where somebody else changed the draft since. What changes
    nothing is kept as it was, without an event.
    """
    draft = _locked(draft)
    check(rules.why_not_change(draft, by))
    _check_revision(draft, revision)
    wanted = cleaned({**content, "effective_date": draft.content["effective_date"]})
    found = differences(draft.content, wanted)
    if wanted == draft.content:
        return draft
    draft.content, draft.revision = wanted, draft.revision + 1
    _changed(draft, by)
    told = [str(one)[:500] for one in found[:TOLD_MOST]]
    record("standard.draft_changed", draft, by=by, revision=draft.revision, changes=told, more=len(found) - len(told))
    return draft


@verb("discard", kind="standard.draft_discarded", who="process owner", subject="standard draft", clauses=(OWNER,))
def discard_draft(draft: StandardDraft, *, by: Actor, revision: int, reason: str = "") -> StandardDraft:
    """Give a draft up. It can be taken up again (`restore_draft`) until another takes its place."""
    draft = _locked(draft)
    check(rules.why_not_change(draft, by))
    _check_revision(draft, revision)
    draft.state, draft.reason = StandardDraft.State.DISCARDED, text("reason", reason, most=REASON_MAX, required=False)
    _changed(draft, by)
    record("standard.draft_discarded", draft, by=by, revision=draft.revision, reason=draft.reason)
    return draft


@verb("restore", kind="standard.draft_restored", who="process owner", subject="standard draft", clauses=(OWNER,))
def restore_draft(draft: StandardDraft, *, by: Actor) -> StandardDraft:
    """Take up again a draft that was discarded."""
    draft = _locked(draft)
    newest = StandardVersion.objects.latest("number")
    check(rules.why_not_restore(draft, by, gate.running_draft(by), newest))
    draft.state, draft.reason = StandardDraft.State.OPEN, ""
    _changed(draft, by)
    record("standard.draft_restored", draft, by=by, revision=draft.revision)
    return draft


@verb("publish", kind="standard.published", who="process owner", subject="standard draft", clauses=(OWNER,))
def publish_draft(
    draft: StandardDraft, *, by: Actor, revision: int, summary: str, effective_at: datetime | None = None
) -> StandardVersion:
    """Make the draft the organisation's next version, in force from `effective_at` (now, where none is given) on.

    Incidents that run by then keep the version that they were declared under. `summary` says what changed and why.
    """
    draft = _locked(draft)
    moment = now()
    effective = moment if effective_at is None else effective_at
    last = last_published()
    changed = bool(differences(last.content, draft.content))
    check(rules.why_not_publish(draft, by, effective=effective, now=moment, last=last, changed=changed))
    _check_revision(draft, revision)
    effective = max(effective, moment)  # a minute ago is now
    said = text("summary", summary, most=SUMMARY_MAX)
    day = effective.astimezone(calendar().hours.zone).date()
    version = StandardVersion.objects.create(
        number=StandardVersion.objects.latest("number").number + 1,
        effective_at=effective,
        content={**draft.content, "effective_date": day.isoformat()},
        published_at=moment,
        published_by_id=by.person_id,
        summary=said,
    )
    draft.state = StandardDraft.State.PUBLISHED
    _changed(draft, by)
    told = [str(one)[:500] for one in differences(last.content, version.content)]
    data: dict[str, Any] = {
        "number": version.number,
        "effective_at": effective.isoformat(),
        "summary": said,
        "follows": last.number,
    }
    record("standard.published", version, by=by, **data, changes=told[:TOLD_MOST], more=max(0, len(told) - TOLD_MOST))
    return version


@verb("withdraw", kind="standard.withdrawn", who="process owner", subject="standard version", clauses=(OWNER,))
def withdraw_version(version: StandardVersion, *, by: Actor, reason: str) -> StandardWithdrawal:
    """Have a version that was published never come into force. A fact of its own: the version stays as it was published."""
    _lock_standard()
    withdrawn = not standing().filter(pk=version.pk).exists()
    check(rules.why_not_withdraw(version, by, now=now(), withdrawn=withdrawn))
    said = text("reason", reason, most=REASON_MAX)
    fact = StandardWithdrawal.objects.create(version=version, reason=said, withdrawn_by_id=by.person_id, withdrawn_at=now())
    record("standard.withdrawn", version, by=by, number=version.number, reason=said)
    return fact


def _lock_standard() -> None:
    """Of two who change the organisation's standard at once, one waits for the other: on its first version, which is always there."""
    list(StandardVersion.objects.select_for_update(of=("self",)).filter(number=1).values_list("pk"))


def _locked(draft: StandardDraft) -> StandardDraft:
    _lock_standard()
    rows = StandardDraft.objects.select_for_update(of=("self",)).select_related("base", "started_by", "changed_by")
    return rows.get(pk=draft.pk)


def _changed(draft: StandardDraft, by: Actor) -> None:
    draft.changed_by_id, draft.changed_at = by.person_id, now()
    draft.save()


def _check_revision(draft: StandardDraft, revision: int) -> None:
    if revision != draft.revision:
        sentence = (
            f"{draft.changed_by.name} changed this draft at {draft.changed_at:%H:%M:%S} UTC: it is at revision {draft.revision}, "
            f"and yours was made from {revision}. Nothing of either is lost: look at both, then save again."
        )
        raise Conflict(sentence, {"revision": draft.revision, "content": draft.content}, clause=OWNER)
