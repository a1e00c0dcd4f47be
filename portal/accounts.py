"""Sign-in is django-allauth's; this says what is ours about it."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up by themselves: people are made members by their organisation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False
