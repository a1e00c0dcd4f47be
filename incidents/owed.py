"""What a person owes the rooms, for their inbox: the orders given to them, those that wait for their "copy" first."""

from typing import Any

from django.urls import reverse

from incidents.facts import gather
from incidents.models import Incident, Order
from incidents.rules import orders as rules
from tenants.actors import Actor

MOST = 50


def orders(by: Actor) -> list[dict[str, Any]]:
    """The actor's open orders of all incidents, at most MOST, longest waiting first: acknowledged with one press, or at work.

    [{title, text, at, url, act}]; `act` is what can be pressed there and then: {label, url, hidden [(name, value)]}, or None
    (clause warroom.ack-everything).
    """
    mine = Order.objects.filter(
        organisation_id=by.organisation_id, recipient_id=by.person_id, done_at__isnull=True, withdrawn_at__isnull=True
    )
    numbers = list(mine.order_by("id").values_list("incident_id", "number")[:MOST])
    incidents = Incident.objects.in_bulk([incident for incident, _ in numbers])
    rows = []
    for incident in incidents.values():
        facts = gather(incident)
        asked = {number for of, number in numbers if of == incident.pk}
        for order in facts.orders:
            if order.number not in asked or rules.why_not_finish_order(incident, facts, by, order):
                continue
            may = not rules.why_not_acknowledge_order(incident, facts, by, order)
            url = reverse("incident-verb", args=[incident.ref, "acknowledge"])
            rows.append(
                {
                    "title": f"Order {order.number} on {incident.level} {incident.ref}{'' if may else ', acknowledged'}",
                    "text": order.text,
                    "at": order.issued_at,
                    "url": f"{reverse('incident', args=[incident.ref])}#order-{order.number}",
                    "act": {"label": "Acknowledge", "url": url, "hidden": [("order", order.number)]} if may else None,
                }
            )
    return sorted(rows, key=lambda row: (row["act"] is None, row["at"]))
