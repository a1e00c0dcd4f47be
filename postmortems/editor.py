"""The context of a draft's page: what stands in it, what it lacks, and what the person who looks can do about it."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from incidents.timeline import FILTERS
from postmortems import entries, links, outdated, queries, reading, rendering, wording
from postmortems.content import content
from postmortems.document_forms import CURRENCY_CHOICES, SectionForm
from postmortems.doors import DOORS
from postmortems.models import Comment, PostMortem
from postmortems.sheet import Failure, Row, Sheet
from postmortems.standing import Standing
from tenants.actors import Actor

RECORD_MOST = 1_000  # entries of the record that the page offers to choose from, the newest left out; the API has them all


def context(
    postmortem: PostMortem,
    by: Actor,
    *,
    failure: Failure | None = None,
    typed: Mapping[str, Any] | None = None,
    show: str = "",
) -> dict[str, Any]:
    """The page's context. `failure` is a verb that was just refused, `typed` the forms of sections that were: nothing is lost.

    `show` names a filter of the record that is chosen from.
    """
    standing = Standing(postmortem)
    readers = reading.readers(postmortem)
    why_not = reading.why_not(standing, by, readers)
    sheet = Sheet(postmortem.incident.ref, why_not, failure)
    document = content(postmortem, standing.material)
    doc = rendering.shown(document)
    head = queries.row(standing)
    remarks = reading.comments(postmortem)
    sections = _sections(postmortem, standing, sheet, doc, document, remarks, typed or {})
    anew = outdated.fresh(postmortem, document) if postmortem.is_draft else {}
    found = wording.by_section(standing, by)
    for section in sections:
        section["findings"] = found.get(section["key"], [])
        section["fresh"] = anew.get(section["key"], "")
    return {
        "postmortem": {
            **head,
            "revision": postmortem.revision,
            "reason": postmortem.reason,
            "is_draft": postmortem.is_draft,
            "waiver_reason": postmortem.waiver_reason,
            "waived_by": postmortem.waived_by.name if postmortem.waived_by else "",
        },
        "doc": doc,
        "sections": sections,
        "timeline": [_line(line, sheet) for line in doc["timeline"]],
        "add_entry": sheet.row("add-entry"),
        "whys": _whys(doc, sheet),
        "add_why": sheet.row("add-why", label="Why did it happen?" if not doc["whys"] else "Another answer at the top", below=""),
        "explain_whys": sheet.row(
            "explain-whys",
            label="Fewer than five?",
            initial={"reason": postmortem.few_whys_reason, "over": postmortem.few_whys_reason},
        ),
        "facts": sheet.row("facts", initial=_facts(postmortem)),
        "currencies": CURRENCY_CHOICES,
        "publish": sheet.row("publish"),
        "take_up": sheet.row("take-up"),
        "name_author": sheet.row("name-author", label="Name another author"),
        "ask_reader": sheet.row("ask-reader"),
        "answer": sheet.row("answer", label="You were asked to read it: answer") if sheet.may("answer") else None,
        "writers": standing.writers,
        "readers": readers,
        "publications": reading.publications(postmortem),
        "may": {name.replace("-", "_"): not reasons for name, reasons in why_not.items()},
        "whose": next((r.sentence for r in why_not["edit-section"]), ""),
        "failed": sheet.failed,
        "lost": _lost(sheet, failure, typed or {}),
        "record": _record(postmortem, document, show) if sheet.may("pick") else None,
        **_addresses(postmortem),
    }


def _lost(sheet: Sheet, failure: Failure | None, typed: Mapping[str, Any]) -> dict[str, Any] | None:
    """What was refused and has no place on the page any more (somebody published it meanwhile): it is shown with what was typed."""
    forms = list(typed.values()) if not sheet.may("edit-section") else []
    label = "Save"
    if failure is not None and (sheet.failed is None or not sheet.may(failure.door.name)):
        forms, label = [failure.form], failure.door.label
    if not forms:
        return None
    sentences = [str(error) for form in forms for errors in form.errors.values() for error in errors]
    said = [
        (str(field.label or name), form.data.get(name, ""))
        for form in forms
        for name, field in form.fields.items()
        if not field.widget.is_hidden and form.data.get(name)
    ]
    return {"label": label, "sentences": sentences, "typed": said}


def _addresses(postmortem: PostMortem) -> dict[str, str]:
    ref = postmortem.incident.ref
    return {
        "incident_url": reverse("incident", args=[ref]),
        "read_url": reverse("postmortem-read", args=[ref]),
        "self_url": reverse("postmortem", args=[ref]),
        "panels_url": reverse("postmortem-panels", args=[ref]),
        "mark_url": reverse("postmortem-mark", args=[ref]),
        "pick_url": reverse("postmortem-verb", args=[ref, "pick"]),
        "annotate_url": reverse("postmortem-verb", args=[ref, "annotate"]),
        "remove_url": reverse("postmortem-verb", args=[ref, "remove-entry"]),
        "list_url": reverse("postmortem-list"),
        "review_url": reverse("postmortem-review", args=[ref]),
        "wording_url": reverse("postmortem-wording", args=[ref]),
        "print_url": reverse("postmortem-print", args=[ref]),
    }


def _sections(
    postmortem: PostMortem,
    standing: Standing,
    sheet: Sheet,
    doc: dict[str, Any],
    document: dict[str, Any],
    remarks: list[Comment],
    typed: Mapping[str, Any],
) -> list[Row]:
    """The sections with their forms, what they lack, their comments, and the links that lead nowhere."""
    lacks = {chapter.key: chapter.lacks for chapter in standing.chapters}
    ref = postmortem.incident.ref
    return [
        {
            **row,
            "lacks": lacks.get(row["key"], []),
            "form": typed.get(row["key"]) or section_form(row["key"], row["text"], row["version"]),
            "url": reverse("postmortem-section", args=[ref, row["key"]]),
            "history_url": reverse("postmortem-section-history", args=[ref, row["key"]]),
            "preview_url": reverse("postmortem-section-preview", args=[ref, row["key"]]),
            "unknown_links": links.unknown(row["text"], document["linked"]),
            "comments": [_comment(one, sheet) for one in remarks if one.section == row["key"]],
            "comment": sheet.row("comment", section=row["key"]),
        }
        for row in doc["sections"]
    ]


def section_form(key: str, text: str, version: int) -> SectionForm:
    """The form of a section."""
    return SectionForm(auto_id=f"section-{key}-%s", initial={"text": text, "version": version})


def _comment(comment: Comment, sheet: Sheet) -> Row:
    open_ = comment.settled_at is None
    return {
        "id": comment.pk,
        "author": comment.author.name,
        "written_at": comment.written_at,
        "text": comment.text,
        "settled_at": comment.settled_at,
        "settled_by": comment.settled_by.name if comment.settled_by else "",
        "settle": sheet.row("settle", comment=str(comment.pk)) if open_ and sheet.may("settle") else None,
    }


def _line(line: Row, sheet: Sheet) -> Row:
    """A line with the verb that was just refused for it. (The others' forms are drawn without Django's: there may be hundreds.)"""
    preset = {"entry": str(line["id"])}
    for name in ("annotate", "remove-entry"):
        if sheet.failure is not None and sheet.failure.was(DOORS[name], preset):
            return {**line, "refused": sheet.row(name, entry=preset["entry"])}
    return line


def _whys(doc: dict[str, Any], sheet: Sheet) -> list[Row]:
    """The whys, each with what can be done to it."""
    if not sheet.may("add-why"):
        return list(doc["whys"])
    names = [(str(why["number"]), f"Below why {why['number']}: {why['text'][:60]}") for why in doc["whys"]]
    return [
        {
            **why,
            "ask": sheet.row("add-why", label="And why was that?", below=str(why["number"])),
            "change": sheet.row(
                "change-why", label="Change", initial={"text": why["text"], "over": why["text"]}, why=str(why["number"])
            ),
            "move": sheet.row(
                "move-why",
                initial={"below": why["below"] or ""},
                others=[name for name in names if name[0] != str(why["number"])],
                why=str(why["number"]),
            ),
            "remove": sheet.row("remove-why", why=str(why["number"])),
        }
        for why in doc["whys"]
    ]


def _facts(postmortem: PostMortem) -> dict[str, Any]:
    return {
        "revision": postmortem.revision,
        "users_affected": postmortem.users_affected,
        "users_note": postmortem.users_note,
        "cost_amount": postmortem.cost_amount,
        "cost_currency": postmortem.cost_currency,
    }


def _record(postmortem: PostMortem, document: dict[str, Any], show: str) -> dict[str, Any]:
    """The entries of the record that are not in the timeline, through one of its filters."""
    chosen = show if show in FILTERS else ""
    taken = {line["seq"] for line in document["timeline"]}
    everything = entries.choosable(postmortem.incident)
    left = [entry for entry in everything if entry.seq not in taken]
    found = [entry for entry in left if not chosen or chosen in entry.groups.split()]
    labels = {"": "All"} | {name: label for name, (label, _) in FILTERS.items()}
    return {
        "entries": found[:RECORD_MOST],
        "count": len(everything),
        "taken": len(everything) - len(left),
        "hidden": max(len(found) - RECORD_MOST, 0),
        "filters": [{"label": label, "url": f"?show={name}#record", "current": name == chosen} for name, label in labels.items()],
    }
