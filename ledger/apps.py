"""The room ledger: what happened?"""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """What happened?"""

    name = "ledger"
    verbose_name = "The record"
