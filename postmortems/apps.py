"""The room postmortems: what did we learn?"""

from django.apps import AppConfig


class PostmortemsConfig(AppConfig):
    """What did we learn?"""

    name = "postmortems"
    verbose_name = "Post-mortems"
