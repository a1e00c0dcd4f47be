"""The room incidents: what is happening and who commands?"""

from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    """What is happening and who commands?"""

    name = "incidents"
    verbose_name = "Incidents"
