"""What runs by name is loaded before anything waits for it: an import takes longer than a reaction may."""

from django.utils.module_loading import import_string

from portal.reactions import CLOCK_SUBJECTS, REACTIONS, RENDERERS


def load() -> None:
    """Import every function that a reaction, a clock or a delivery names, so that the first of them has its whole moment to itself."""
    names = {reaction.run for reactions in REACTIONS.values() for reaction in reactions}
    for name in sorted(names | set(CLOCK_SUBJECTS.values()) | set(RENDERERS.values())):
        import_string(name)
