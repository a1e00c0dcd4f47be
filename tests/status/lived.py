"""The status page of a lived-in organisation (tests/lived_in.py): every table of it, each text with a word in it."""

from incidents import actions
from incidents.models import StatusUpdate
from incidents.states import Audience, UpdateState
from ledger.models import Event
from status.actions import put_up, set_status_page
from tests.conftest import Cast


def shown_once(cast: Cast, word: str) -> None:
    """The page was there for everybody once, with what was said until then; an update was struck; it is there no more."""
    switch(cast, word, public=True)
    with cast.scope(cast.amira):
        update = StatusUpdate.objects.filter(audience=Audience.PUBLIC, state=UpdateState.PUBLISHED).latest("id")
        told = Event.objects.filter(incident_id=update.incident_id, kind="incident.updated", data__update_id=update.pk).latest(
            "id"
        )
        assert told.seq is not None
        actions.correct(update.incident, by=cast.amira.actor(), entry=told.seq, text=f"struck {word}")
        put_up(update.incident_id)
    switch(cast, word, public=False)


def switch(cast: Cast, word: str, *, public: bool) -> None:
    with cast.scope(cast.admin):
        set_status_page(by=cast.admin.actor(), public=public, reason=f"page {word}")
