"""The room standard: what should happen, by when?"""

from django.apps import AppConfig


class StandardConfig(AppConfig):
    """What should happen, by when?"""

    name = "standard"
    verbose_name = "The standard"
