"""What this room keeps: the document and what it is made of, its review, and the work that follows."""

from postmortems.models.document import (
    WAIVED,
    BlamePhrase,
    KeptWording,
    Pick,
    PostMortem,
    Publication,
    Release,
    Section,
    Why,
    released,
)
from postmortems.models.items import ActionItem, kept
from postmortems.models.policy import ReleasePolicy, release_policy
from postmortems.models.reading import Attendee, Comment, Review, ReviewCorrection, ReviewRequest
from postmortems.models.similar import Trait

__all__ = [
    "WAIVED",
    "ActionItem",
    "Attendee",
    "BlamePhrase",
    "Comment",
    "KeptWording",
    "Pick",
    "PostMortem",
    "Publication",
    "Release",
    "ReleasePolicy",
    "Review",
    "ReviewCorrection",
    "ReviewRequest",
    "Section",
    "Trait",
    "Why",
    "kept",
    "release_policy",
    "released",
]
