"""The room oncall: whom do we wake, and who is next?"""

from django.apps import AppConfig


class OncallConfig(AppConfig):
    """Whom do we wake, and who is next?"""

    name = "oncall"
    verbose_name = "On call"
