"""The room portal: how is it put together?"""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """How is it put together?"""

    name = "portal"

    def ready(self) -> None:
        """Make the Celery app the current one, and register the system checks."""
        from portal import celery, checks  # noqa: F401
