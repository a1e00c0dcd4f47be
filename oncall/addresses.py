"""Where calendars read who is on call."""

from oncall.models import CalendarLink

MY_SHIFTS = "my-shifts"


def feed(link: CalendarLink, credential: str) -> str:
    """The path of a calendar link, with its secret: outside every organisation's, for no calendar signs in."""
    return f"/oncall/{credential}/{link.schedule.slug if link.schedule else MY_SHIFTS}.ics"
