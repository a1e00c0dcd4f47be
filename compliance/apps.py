"""The room compliance: can an outsider check it?"""

from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    """Can an outsider check it?"""

    name = "compliance"
    verbose_name = "Law and proof"
