"""The room metrics: how well do we do?"""

from django.apps import AppConfig


class MetricsConfig(AppConfig):
    """How well do we do?"""

    name = "metrics"
    verbose_name = "Metrics"
