"""Whether a next version says anything that the last published one does not: a version that nobody wrote tells nobody anything."""

import json
from typing import Any

from postmortems.content import Content, content
from postmortems.material import Material
from postmortems.models import Publication


def unwritten_since(material: Material) -> Publication | None:
    """The last published version, where the draft says nothing beyond it; None where it does, or nothing was published.

    Where its incident was resolved again since, what the record adds by itself (its times, entries chosen for the timeline) is no
    word of what happened: then somebody has to have written something.
    """
    postmortem = material.postmortem
    last = Publication.objects.filter(postmortem=postmortem).order_by("-number").first()
    if last is None:
        return None
    told: Content = json.loads(json.dumps(content(postmortem, material)))
    resolved_at = postmortem.incident.resolved_at
    if resolved_at is None or last.published_at >= resolved_at:
        return last if _filled(told, last.content) == last.content else None
    by_hand = postmortem.picks.filter(added_by__isnull=False, removed_at=None, added_at__gt=last.published_at)
    return last if _written(told) == _written(last.content) and not by_hand.exists() else None


def _filled(told: Content, then: Content) -> Content:
    """Without what is empty and was not kept with a publication at its time."""
    return {key: value for key, value in told.items() if value or key in then}


def _written(told: Content) -> dict[str, Any]:
    """What of it is somebody's own words, or figures."""
    impact = told["impact"]
    return {
        "sections": {section["key"]: section["text"] for section in told["sections"]},
        "timeline": {
            str(line["id"]): ["" if line["seq"] else line["text"], line["annotation"], line["reason"]]
            for line in told["timeline"]
            if not line["seq"] or line["annotation"]  # the others are the record's
        },
        "whys": [[why["number"], why["below"], why["text"]] for why in told["whys"]],
        "few_whys_reason": told["few_whys_reason"],
        "impact": [impact[key] for key in ("users_affected", "users_note", "cost_amount", "cost_currency")],
        "items": [[item["ref"], item["title"], item["details"]] for item in told["items"]],
        "no_items_reason": told.get("no_items_reason", ""),
    }
