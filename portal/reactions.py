"""What happens after X? This page answers it, and nothing else does: event kind -> the reactions that follow from it.

Each reaction runs once an event, in a transaction of its own, after the verb's; what a reaction records has its own reactions in
that transaction too (ledger/relay.py). There are no model signals.
"""

from ledger.relay import Reaction

PAGE_FOR_SIGNAL = Reaction("page-for-signal", "incidents.reactions.page_for_signal")
MOBILISE = Reaction("mobilise", "incidents.reactions.mobilise")
DELIVER_PAGE = Reaction("deliver-page", "oncall.announcements.deliver_page")
TELL_THE_REST = Reaction("tell-the-rest", "oncall.announcements.tell_the_rest")
TELL_NOBODY_LEFT = Reaction("tell-nobody-left", "oncall.announcements.tell_nobody_left")
CALL_FOR_FLAG = Reaction("call-for-flag", "incidents.reactions.call_for_flag")
TELL_ADMINISTRATORS = Reaction("tell-administrators", "incidents.announcements.tell_administrators")
TELL_OF_CLOCK = Reaction("tell-of-clock", "standard.clock_news.tell")
TELL_UPDATE = Reaction("tell-update", "incidents.comms_announcements.tell_update")
ASK_APPROVAL = Reaction("ask-approval", "incidents.comms_announcements.ask_approval")
TELL_REJECTION = Reaction("tell-rejection", "incidents.comms_announcements.tell_rejection")
BRING_QUESTION = Reaction("bring-question", "incidents.comms_announcements.bring_question")
TELL_ORDER = Reaction("tell-order", "incidents.announcements.tell_order")
CALL_FOR_SERVICES = Reaction("call-for-services", "incidents.reactions.call_for_services")
TELL_ROOM = Reaction("tell-room", "incidents.news.tell_room")
TELL_ASKED = Reaction("tell-asked", "incidents.news.tell_asked")
TELL_PEOPLE = Reaction("tell-people-of-a-schedule", "oncall.rota_news.tell_people")
TELL_COMMANDER = Reaction("tell-commander", "incidents.news.tell_commander")
TELL_FAULTS = Reaction("tell-faults", "oncall.notices.tell_faults")
SEND_CODE = Reaction("send-code", "notifications.announcements.send_code")
TELL_WHO_SAID_IT = Reaction("tell-author-of-feedback", "notifications.process_news.tell_author")
TELL_INVITED = Reaction("tell-invited", "notifications.member_news.tell_invited")
SEND_TESTS = Reaction("send-tests", "notifications.announcements.send_tests")
OPEN_DRAFT = Reaction("open-postmortem", "postmortems.reactions.open_draft")
OPEN_FOR_FLAG = Reaction("open-postmortem-for-flag", "postmortems.reactions.open_for_flag")
PUT_UP = Reaction("put-up-for-the-public", "status.reactions.put_up")
SET_ASIDE = Reaction("set-postmortem-aside", "postmortems.reactions.set_aside")
TELL_AUTHOR = Reaction("tell-author", "postmortems.announcements.tell_author")
TELL_NAMED = Reaction("tell-named", "postmortems.announcements.tell_named")
OPEN_REVIEW = Reaction("open-review", "postmortems.review_reactions.open_review")
INVITE = Reaction("invite-to-review", "postmortems.review_reactions.invite")

MEASURE = Reaction("measure-incident", "metrics.reactions.measure_incident")
TELL_ITEM_OWNER = Reaction("tell-item-owner", "postmortems.item_news.tell_owner")
TELL_REMINDED = Reaction("tell-reminded", "postmortems.item_news.tell_reminded")
TELL_ITEM_DATE = Reaction("tell-item-date", "postmortems.item_news.tell_date")
TELL_ITEM_LATE = Reaction("tell-item-late", "postmortems.item_news.tell_escalated")
PROPOSE_DUTIES = Reaction("propose-duties", "compliance.duties_news.propose")
TELL_CUSTODIAN = Reaction("tell-custodian", "compliance.holds_news.tell_custodian")
ASK_SECOND_PERSON = Reaction("ask-second-person", "compliance.holds_news.ask_second_person")
ASK_ERASURE = Reaction("ask-for-erasure", "compliance.holds_news.ask_erasure")
SET_REVIEW_ASIDE = Reaction("set-access-review-aside", "compliance.access.reactions.set_review_aside")
REVIEW_ACCESS = Reaction("review-access", "compliance.access.reactions.review_access")
TELL_ACCESS_REVIEW = Reaction("tell-access-review", "compliance.access.news.tell_opened")
LEARN_TRAITS = Reaction("learn-traits", "postmortems.actions.similar.learn")
JUDGE = Reaction("judge-incident", "compliance.conformance_reactions.judge_incident")
MAKE_PACK = Reaction("make-evidence-pack", "compliance.packs_reactions.make_pack")
TELL_PACK = Reaction("tell-asker-of-pack", "compliance.packs_news.tell_asker")
SUPERSEDE_PACKS = Reaction("supersede-packs", "compliance.packs_reactions.supersede_packs")
REMOVE_SUPERSEDED = Reaction("remove-superseded-packs", "compliance.packs_reactions.remove_superseded")

REACTIONS: dict[str, tuple[Reaction, ...]] = {
    "signal.opened": (PAGE_FOR_SIGNAL,),
    "signal.asked": (PAGE_FOR_SIGNAL,),
    "incident.declared": (MOBILISE,),
    "incident.severity_changed": (MOBILISE,),
    **dict.fromkeys(("incident.absorbed", "incident.signal_attached"), (CALL_FOR_SERVICES,)),
    "incident.flagged": (CALL_FOR_FLAG, OPEN_FOR_FLAG, PROPOSE_DUTIES, REVIEW_ACCESS),
    "incident.duty_unfilled": (TELL_ADMINISTRATORS,),
    "incident.updated": (TELL_UPDATE, PUT_UP),
    "incident.corrected": (PUT_UP,),
    "incident.order_issued": (TELL_ORDER,),
    "incident.order_chased": (TELL_ORDER,),
    "incident.resolved": (OPEN_DRAFT, LEARN_TRAITS, REVIEW_ACCESS, PUT_UP),
    "incident.reopened": (MOBILISE, TELL_ROOM, SET_ASIDE, SET_REVIEW_ASIDE, PUT_UP),
    "incident.merged": (TELL_ROOM, PUT_UP),
    "incident.false_positive": (TELL_ROOM, PUT_UP),
    "incident.command_taken": (TELL_ROOM,),
    "incident.handover_offered": (TELL_ASKED,),
    "role.assigned": (TELL_ASKED,),
    "role.declined": (TELL_COMMANDER,),
    "role.left": (TELL_COMMANDER,),
    "incident.update_drafted": (ASK_APPROVAL,),
    "incident.update_rejected": (TELL_REJECTION,),
    "incident.asked": (BRING_QUESTION,),
    "page.person_paged": (DELIVER_PAGE,),
    "page.acknowledged": (TELL_THE_REST,),
    "page.exhausted": (TELL_NOBODY_LEFT,),
    "override.given": (TELL_PEOPLE,),
    "override.cancelled": (TELL_PEOPLE,),
    "swap.offered": (TELL_PEOPLE,),
    "swap.accepted": (TELL_PEOPLE,),
    "swap.ended": (TELL_PEOPLE,),
    **dict.fromkeys(("schedule.changed", "schedule.imported"), (TELL_PEOPLE,)),
    **dict.fromkeys(("schedule.layer_added", "schedule.layer_changed", "schedule.layer_ended"), (TELL_PEOPLE,)),
    "readiness.noticed": (TELL_FAULTS,),
    "contact.added": (SEND_CODE,),
    "contact.code_asked": (SEND_CODE,),
    "contact.tested": (SEND_TESTS,),
    "feedback.settled": (TELL_WHO_SAID_IT,),
    **dict.fromkeys(("member.invited", "member.invited_again"), (TELL_INVITED,)),
    "clock.prompted": (TELL_OF_CLOCK,),
    "clock.broken": (TELL_OF_CLOCK,),
    "postmortem.opened": (TELL_AUTHOR, OPEN_REVIEW),
    "postmortem.author_named": (TELL_NAMED,),
    "postmortem.reading_asked": (TELL_NAMED,),
    "postmortem.commented": (TELL_AUTHOR,),
    "postmortem.read": (TELL_AUTHOR,),
    "review.called": (INVITE,),
    "review.moved": (INVITE,),
    "review.cancelled": (INVITE,),
    "review.held": (INVITE,),
    "action.filed": (TELL_ITEM_OWNER,),
    "action.changed": (TELL_ITEM_OWNER,),
    "action.reminded": (TELL_REMINDED,),
    "action.escalated": (TELL_ITEM_LATE,),
    "action.date_told": (TELL_ITEM_DATE,),
    "incident.closed": (LEARN_TRAITS,),
    "custodian.asked": (TELL_CUSTODIAN,),
    "custodian.chased": (TELL_CUSTODIAN,),
    **dict.fromkeys(("custodian.link_sent", "custodian.withdrawn", "custodian.released"), (TELL_CUSTODIAN,)),
    "hold.release_asked": (ASK_SECOND_PERSON,),
    "erasure.asked": (ASK_ERASURE,),
    "erasure.decided": (SUPERSEDE_PACKS,),
    "hold.released": (REMOVE_SUPERSEDED,),
    **dict.fromkeys(("pack.made", "pack.failed"), (TELL_PACK,)),
    "access_review.opened": (TELL_ACCESS_REVIEW,),
}

# What ends an incident, or belongs to what comes after: last of all its verdicts are kept, for the figures of a quarter. (While it
# runs it is judged whenever somebody looks.)
JUDGED: tuple[str, ...] = (
    *("incident.resolved", "incident.false_positive", "incident.merged", "incident.closed"),
    *("postmortem.opened", "postmortem.published", "postmortem.waived", "postmortem.waiver_lifted"),
    *(
        "review.called",
        "review.held",
        "review.time_corrected",
        "action.filed",
        "action.done",
        "action.dropped",
        "action.changed",
        "action.escalated",
    ),
    "action.taken_up",
    *(
        "pack.asked",
        "pack.made",
        "pack.failed",
        "pack.handed_out",
        "pack.superseded",
        "pack.removed",
        "hold.placed",
        "hold.release_asked",
        "hold.released",
        "hold.kept",
    ),
    *(
        "access_review.opened",
        "access_review.decided",
        "access_review.signed",
        "incident.glass_broken",
        "incident.glass_reviewed",
    ),
    *("duty.proposed", "duty.decided", "duty.started", "duty.filed"),
)
REACTIONS |= {kind: (*REACTIONS.get(kind, ()), JUDGE) for kind in JUDGED}
# An incident's end, whichever it is, and its closing: a sealed evidence pack is made by itself (evidence.export).
PACKED = ("incident.resolved", "incident.false_positive", "incident.merged", "incident.closed")
REACTIONS |= {kind: (*REACTIONS.get(kind, ()), MAKE_PACK) for kind in PACKED}

# What changes an incident's key times, its severity or services, or stops and breaks its clocks: after all else it is measured again.
MEASURED: tuple[str, ...] = (
    *("incident.declared", "incident.severity_changed", "incident.flagged", "incident.signal_attached", "incident.absorbed"),
    *("incident.impact_set", "incident.time_corrected", "incident.advanced", "incident.resolved", "incident.reopened"),
    *("incident.false_positive", "incident.merged", "incident.closed"),
    *("incident.mobilised", "incident.claimed", "incident.command_taken", "incident.handover_called_off"),
    *("incident.updated", "incident.check_in_set", "incident.checked_in"),
    *("incident.order_acknowledged", "incident.order_done", "incident.order_withdrawn"),
    *("role.assigned", "role.accepted", "role.left"),
    *(
        "postmortem.published",
        "postmortem.waived",
        "review.held",
        "review.time_corrected",
        "action.changed",
        "action.done",
        "action.dropped",
    ),
    "action.taken_up",
    *("page.acknowledged", "page.declined", "page.calmed", "page.ended", "clock.broken"),
    *("incident.snapshot_chased", "incident.snapshot_fulfilled", "incident.glass_reviewed", "hold.released"),
    *("access_review.opened", "access_review.signed", "duty.decided", "duty.started", "duty.filed"),
    *("custodian.chased", "custodian.acknowledged", "custodian.proven", "custodian.withdrawn"),
)
REACTIONS |= {kind: (*REACTIONS.get(kind, ()), MEASURE) for kind in MEASURED}

# Subject of a clock -> what follows when it breaks. (The sweep records the break itself, whatever the subject.)
CLOCK_SUBJECTS: dict[str, str] = {
    "oncall.page": "oncall.actions.on_clock_broken",
    "incidents.order": "incidents.actions.orders.on_clock_broken",
    "incidents.incident": "incidents.actions.rhythm.on_clock_broken",
    "postmortems.actionitem": "postmortems.actions.reminding.on_clock_broken",
    "incidents.snapshotrequest": "incidents.actions.restriction.on_snapshot_clock",
    "compliance.custodiantask": "compliance.actions.holds.on_clock_broken",
}

# Subject of a clock -> who tells the people concerned that its time runs out, or has; "" for every other subject.
CLOCK_NEWS: dict[str, tuple[str, ...]] = {
    "": ("incidents.announcements.prompt_owner",),
    "standard.processreview": ("notifications.process_news.tell_owners",),
    "postmortems.postmortem": ("postmortems.announcements.prompt_author", "postmortems.review_reactions.tell_late"),
    "postmortems.actionitem": ("postmortems.item_news.remind_owner",),
    "compliance.dutycase": ("compliance.duties_news.tell_of_clock",),
    "compliance.custodiantask": (),  # chasing tells them: compliance.holds_news
    "compliance.accessreview": ("compliance.access.news.prompt_review",),
    "compliance.breakglass": ("compliance.access.news.prompt_glass",),
}

# Subjects whose clocks run on however their incident ends: what follows from it is mostly done afterwards.
OUTLASTING: frozenset[str] = frozenset(
    {
        "postmortems.actionitem",
        "compliance.dutycase",
        "incidents.snapshotrequest",
        "compliance.custodiantask",
        "compliance.accessreview",
        "compliance.breakglass",
    }
)

# What rooms above put on an incident's page, beside its facts: functions of (incident, facts, actor) that give a template's context,
# with the template's own name in it.
BESIDE_THE_ROOM: tuple[str, ...] = (
    "compliance.duties_showing.panel",
    "postmortems.items.panel",
    "compliance.conformance_views.panel",
    "compliance.packs_showing.beside",
    "status.showing.panel",
)

# What a SEV 1/2 needs before it is closed -> the function that says, of an incident's id, what of it is missing ("" for nothing).
CLOSING: dict[str, str] = {"postmortem": "postmortems.closing.what_is_missing"}

# Subject of a page -> the function of its id that says in one line what it is about, and whether a page must not say it.
PAGE_SUBJECTS: dict[str, str] = {
    "incidents.signal": "incidents.announcements.signal_told",
    "incidents.incident": "incidents.announcements.incident_told",
    "compliance.breakglass": "compliance.access.news.glass_told",
}

# The same, and where it is seen in the portal.
PAGE_ADDRESSES: dict[str, str] = {
    "incidents.signal": "incidents.announcements.signal_address",
    "incidents.incident": "incidents.announcements.incident_address",
    "compliance.breakglass": "compliance.access.news.glass_address",
}

# Both at once, of many: functions of a set of ids that give {id: (line, address)}.
PAGES_DESCRIBED: dict[str, str] = {
    "incidents.signal": "incidents.announcements.signals_described",
    "incidents.incident": "incidents.announcements.incidents_described",
    "compliance.breakglass": "compliance.access.news.glasses_described",
}

# What waits for a person in their inbox besides pages: functions of an actor that give [{title, text, at, url, act}]
# (`act`: what can be pressed there and then, as incidents/owed.py says it; not where it has to be read first).
# On the same page: what one has in hand.
IN_HAND: tuple[str, ...] = (
    "incidents.mine.roles",
    "postmortems.showing.in_hand",
    "postmortems.items.in_hand",
    "compliance.duties_showing.in_hand",
)
INBOX: tuple[str, ...] = (
    *("incidents.owed.orders", "incidents.comms.to_decide", "standard.owed.reviews"),
    *("postmortems.showing.to_read", "compliance.access.showing.owed"),
)

# What comes after an incident, on the page of one that is over: functions of it and of an actor that give
# {title, text, url, label, tone ("soon", "late", "kept", "told"), clock} or None.
AFTERWARDS: tuple[str, ...] = ("postmortems.showing.on_incident", "compliance.access.showing.on_incident")

# Of an incident's id, the version of the standard that its pages keep the times of: the one it pinned, whatever is in force by now.
PAGE_STANDARD = "incidents.called.pinned_standard"

# What each room finds wrong before an incident shows it.
READINESS: tuple[str, ...] = (
    "oncall.readiness.faults",
    "incidents.readiness.faults",
    "portal.engines.faults",
    "compliance.access.readiness.faults",
)

# What the review of a quarter lays out: functions of its two ends that give [standard.figures.Figures].
PROCESS_FIGURES: tuple[str, ...] = (
    "metrics.quarter.laid_out",
    "standard.kept.figures",
    "compliance.conformance.laid_out.figures",
    "incidents.quarter.figures",
    "postmortems.quarter.figures",
)

# Of the two ends of a quarter, clause id -> (kept, broken, n).
CLAUSES_KEPT = "metrics.quarter.clauses_kept"

MAY_KNOW = "incidents.announcements.may_know"  # of an incident's and a person's id, whether they may be told of it

# Subject of a page -> whether somebody did what the page asks for; where not, whoever acknowledged is asked again after a while.
PAGE_ANSWERS: dict[str, str] = {
    "incidents.signal": "incidents.answered.signal_answered",
    "incidents.incident": "incidents.answered.incident_answered",
    "compliance.breakglass": "compliance.access.news.glass_answered",
}

# Before a person is called to an incident: on a restricted one they are named first, or they could not see what they are called to.
BEFORE_A_CALL = "incidents.actions.naming.admit_called"

# Template of a delivery -> the function that renders it when it is sent.
RENDERERS: dict[str, str] = {
    "page": "oncall.announcements.render_page",
    "page-taken": "oncall.announcements.render_taken",
    "page-exhausted": "oncall.announcements.render_nobody_left",
    "readiness": "oncall.notices.render_faults",
    "alarm": "oncall.alarms.render",
    "rota": "oncall.rota_news.render",
    "notice": "incidents.announcements.render_notice",
    "flag": "incidents.announcements.render_flag",
    "unfilled": "incidents.announcements.render_unfilled",
    "prompt": "incidents.announcements.render_prompt",
    "order": "incidents.announcements.render_order",
    "news": "incidents.news.render",
    "update": "incidents.comms_announcements.render_update",
    "approval": "incidents.comms_announcements.render_approval",
    "rejection": "incidents.comms_announcements.render_rejection",
    "contact-code": "notifications.announcements.render_code",
    "contact-test": "notifications.announcements.render_test",
    "account-test": "notifications.announcements.render_test",
    "invitation": "notifications.member_news.render_invitation",
    "process-review": "notifications.process_news.render_review",
    "feedback": "notifications.process_news.render_feedback",
    "question": "incidents.comms_announcements.render_question",
    "postmortem": "postmortems.announcements.render",
    "postmortem-due": "postmortems.announcements.render_due",
    "review": "postmortems.invitations.render",
    "review-late": "postmortems.invitations.render_late",
    "item": "postmortems.item_news.render",
    "duty": "compliance.duties_news.render",
    "custodian": "compliance.holds_news.render_custodian",
    "custodian-outside": "compliance.holds_news.render_outside",
    "hold-release": "compliance.holds_news.render_release",
    "erasure": "compliance.holds_news.render_erasure",
    "pack": "compliance.packs_news.render",
    "access-review": "compliance.access.news.render_review",
    "glass": "compliance.access.news.render_glass",
}

# What the public was told before the status page was there for everybody: functions that put it up, in the order of the rooms.
PUBLIC_ALREADY: tuple[str, ...] = ("status.actions.put_up_all", "postmortems.actions.releasing.show_what_is_out")

# What stands in the way of publishing a post-mortem besides an empty section: functions of its `Standing` that give reasons.
POSTMORTEM_READY: tuple[str, ...] = ("postmortems.wording.unsettled",)
