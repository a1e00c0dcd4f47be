"""The room status: what do customers see?"""

from django.apps import AppConfig


class StatusConfig(AppConfig):
    """What do customers see?"""

    name = "status"
    verbose_name = "Status page"
