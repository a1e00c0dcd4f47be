"""Checking what was typed into a post-mortem, the same for every surface."""

from datetime import datetime
from decimal import Decimal, InvalidOperation

from incidents import fields, times
from incidents.models import Incident
from incidents.states import KeyTime
from postmortems.currencies import CURRENCIES
from tenants.refusals import Reason, Refused, invalid

SECTION_MAX = 200_000  # bytes of text
NOTE_MAX = 200
USERS_MOST = 10**12
COST_MOST = Decimal(10**13)


def section(value: str) -> str:
    """Clean a section's text; it may be empty. Refuses (422) more than 200 kB."""
    size = len(value.encode("utf-8", "surrogatepass"))
    if size > SECTION_MAX:
        sentence = f"This is {size // 1000:,} kB of text; a section has at most {SECTION_MAX // 1000} kB. It was not saved."
        raise invalid("text", sentence, code="too_long")
    return fields.text("text", value, most=SECTION_MAX, required=False)


def users(value: int | None) -> int | None:
    """Check how many users were affected: a whole number from 0."""
    if value is not None and not 0 <= value <= USERS_MOST:
        raise invalid("users_affected", f"This is a whole number from 0 to {USERS_MOST:,}.", code="out_of_range")
    return value


def cost(amount: Decimal | str | None, currency: str) -> tuple[Decimal | None, str]:
    """Check what it cost: an amount from 0 with at most two decimals, and the currency of ISO 4217 that it is in; or neither."""
    code = fields.line("cost_currency", currency, most=10, required=False).upper()
    if amount is None or amount == "":
        if code:
            raise invalid("cost_amount", f"Say how many {code}, or leave both empty.", code="required")
        return None, ""
    try:
        value = Decimal(amount)
        whole = value.quantize(Decimal("0.01")) if value.is_finite() and abs(value) < COST_MOST else None
    except InvalidOperation:
        whole = None
    if whole is None or whole < 0 or whole != value:
        sentence = "This is an amount from 0, with at most two decimals and without a sign or a currency, such as 1250.00."
        raise invalid("cost_amount", sentence)
    if not code:
        raise Refused(Reason("currency_missing", "A cost needs its currency, such as EUR.", field="cost_currency", status=422))
    if code not in CURRENCIES:
        sentence = f"There is no currency {code}; one has three letters, such as EUR or USD."
        raise invalid("cost_currency", sentence, code="no_such_currency")
    return whole, code


def happened(incident: Incident, value: datetime, *, led_up: bool) -> datetime:
    """Check when something happened that is added to the timeline: not in the future, and within the incident.

    Before the impact began only what `led_up` to it, and not more than 30 days.
    """
    when = fields.happened("occurred_at", value, of=incident.began)
    began = times.known(incident)[KeyTime.IMPACT_START] or incident.began
    if when < began and not led_up:
        sentence = (
            f"This is before the impact began ({began:%Y-%m-%d %H:%M:%S} UTC). If it led up to the incident, say so; "
            "if not, look at the time again."
        )
        raise invalid("occurred_at", sentence, code="before_impact")
    return when
