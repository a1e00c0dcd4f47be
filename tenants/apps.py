"""The room tenants: who are you, and where?"""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """Who are you, and where?"""

    name = "tenants"
    verbose_name = "People"
