"""The room integrations: how does the outside speak?"""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """How does the outside speak?"""

    name = "integrations"
    verbose_name = "Integrations"
