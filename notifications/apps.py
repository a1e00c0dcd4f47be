"""The room notifications: did the message arrive?"""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Did the message arrive?"""

    name = "notifications"
    verbose_name = "Messages"
