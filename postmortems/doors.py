"""The verbs of the document as the doors offer them: one table for pages, API and `allowed_actions`."""

from incidents.api.bodies.fields import EmptyBody
from incidents.forms.fields import EmptyForm
from incidents.members import member_for
from postmortems import document_forms as f
from postmortems.actions import choosing, comments, impact, publishing, whys
from postmortems.api import bodies as b
from postmortems.door import Body, Door
from postmortems.models import PostMortem
from postmortems.states import Verdict
from tenants.actors import Actor


def _add_entry(postmortem: PostMortem, by: Actor, body: Body) -> object:
    return choosing.add_entry(
        postmortem,
        by=by,
        occurred_at=body["occurred_at"],
        text=body["text"],
        reason=body.get("reason", ""),
        led_up=body.get("led_up", False),
    )


def _set_facts(postmortem: PostMortem, by: Actor, body: Body) -> object:
    said = {name: value for name, value in body.items() if name != "revision"}
    return impact.set_facts(postmortem, by=by, facts=said, revision=body.get("revision"))


def _answer(postmortem: PostMortem, by: Actor, body: Body) -> object:
    return comments.answer_reading(postmortem, by=by, verdict=Verdict(body["verdict"]), text=body.get("text", ""))


_ALL = (
    Door("facts", "Save", "document.why_not_set_facts", b.FactsBody, f.FactsForm, _set_facts, "section-impact"),
    Door(
        "pick",
        "Add",
        "document.why_not_pick",
        b.PickBody,
        f.PickForm,
        lambda postmortem, by, body: choosing.pick(postmortem, by=by, seq=body["seq"]),
        "record",
    ),
    Door("add-entry", "Add an entry", "document.why_not_add_entry", b.AddEntryBody, f.AddEntryForm, _add_entry, "timeline"),
    Door(
        "annotate",
        "Annotate",
        "document.why_not_annotate",
        b.AnnotateBody,
        f.AnnotateForm,
        lambda postmortem, by, body: choosing.annotate(
            postmortem, body["entry"], by=by, text=body["text"], over=body.get("over")
        ),
        "timeline",
    ),
    Door(
        "remove-entry",
        "Take out",
        "document.why_not_remove_entry",
        b.RemoveEntryBody,
        f.EntryForm,
        lambda postmortem, by, body: choosing.remove_entry(postmortem, body["entry"], by=by),
        "timeline",
    ),
    Door(
        "add-why",
        "Add",
        "document.why_not_add_why",
        b.AddWhyBody,
        f.WhyForm,
        lambda postmortem, by, body: whys.add_why(postmortem, by=by, text=body["text"], parent=body.get("below")),
        "whys",
    ),
    Door(
        "change-why",
        "Save",
        "document.why_not_change_why",
        b.ChangeWhyBody,
        f.ChangeWhyForm,
        lambda postmortem, by, body: whys.change_why(postmortem, body["why"], by=by, text=body["text"], over=body.get("over")),
        "whys",
    ),
    Door(
        "move-why",
        "Move",
        "document.why_not_move_why",
        b.MoveWhyBody,
        f.MoveWhyForm,
        lambda postmortem, by, body: whys.move_why(postmortem, body["why"], by=by, parent=body.get("below")),
        "whys",
    ),
    Door(
        "remove-why",
        "Take back",
        "document.why_not_remove_why",
        b.RemoveWhyBody,
        f.RemoveWhyForm,
        lambda postmortem, by, body: whys.remove_why(postmortem, body["why"], by=by),
        "whys",
    ),
    Door(
        "explain-whys",
        "Save",
        "document.why_not_explain_whys",
        b.FewWhysBody,
        f.FewWhysForm,
        lambda postmortem, by, body: impact.explain_whys(postmortem, by=by, reason=body["reason"], over=body.get("over")),
        "whys",
    ),
    Door(
        "comment",
        "Comment",
        "document.why_not_comment",
        b.CommentBody,
        f.CommentForm,
        lambda postmortem, by, body: comments.comment(postmortem, by=by, section=body["section"], text=body["text"]),
        "comments",
    ),
    Door(
        "settle",
        "Settle",
        "document.why_not_settle_comment",
        b.SettleBody,
        f.SettleForm,
        lambda postmortem, by, body: comments.settle_comment(postmortem, body["comment"], by=by),
        "comments",
    ),
    Door(
        "ask-reader",
        "Ask somebody to read it",
        "document.why_not_ask_reader",
        b.PersonBody,
        f.PersonForm,
        lambda postmortem, by, body: comments.ask_reader(postmortem, member_for(by, body["person"]), by=by),
        "readers",
    ),
    Door("answer", "Answer", "document.why_not_answer_reading", b.AnswerBody, f.AnswerForm, _answer, "readers"),
    Door(
        "name-author",
        "Name its author",
        "document.why_not_name_author",
        b.PersonBody,
        f.PersonForm,
        lambda postmortem, by, body: comments.name_author(postmortem, member_for(by, body["person"]), by=by),
        "readers",
    ),
    Door(
        "publish",
        "Publish",
        "document.why_not_publish",
        EmptyBody,
        EmptyForm,
        lambda postmortem, by, body: publishing.publish(postmortem, by=by),
    ),
    Door(
        "take-up",
        "Take it up again",
        "document.why_not_take_up",
        b.TakeUpBody,
        f.TakeUpForm,
        lambda postmortem, by, body: publishing.take_up(postmortem, by=by, reason=body["reason"]),
    ),
)

DOORS: dict[str, Door] = {door.name: door for door in _ALL}
