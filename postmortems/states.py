"""The states of a post-mortem, of a review's seats and of action items."""

from django.db import models


class DocumentState(models.TextChoices):
    """Where a post-mortem stands. What is published may be taken up again, with a reason; publishing it makes the next version."""

    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Published"


class Verdict(models.TextChoices):
    """What somebody who was asked to read a post-mortem says of it."""

    GOOD = "good", "Good to publish"
    CHANGES = "changes", "Needs changes"


class ReviewSeat(models.TextChoices):
    """Who sits in the review meeting, and why (clause postmortem.attendance). Guests are welcome; the others are required."""

    IC = "ic", "Incident Commander"
    OL = "ol", "Operations Lead"
    ENGINEERING_MANAGER = "engineering_manager", "Engineering Manager"
    PRODUCT_OWNER = "product_owner", "Product Owner"
    GUEST = "guest", "Guest"


REQUIRED_SEATS = (ReviewSeat.IC, ReviewSeat.OL, ReviewSeat.ENGINEERING_MANAGER, ReviewSeat.PRODUCT_OWNER)


class ItemKind(models.TextChoices):
    """What an action item is good for: one of both, always (clause actions.tags)."""

    PREVENTION = "prevention", "Prevention"
    DETECTION = "detection", "Detection"


class ItemState(models.TextChoices):
    """Where an action item stands."""

    OPEN = "open", "Open"
    STARTED = "started", "Started"
    DONE = "done", "Done"
    DROPPED = "dropped", "Dropped"


OPEN_ITEMS = frozenset({ItemState.OPEN, ItemState.STARTED})
