"""What can go wrong here, as sentences."""


class EmbeddedError(Exception):
    """Something that the person at the terminal can act on; its text is a whole sentence and is all they see."""


class Stopped(Exception):
    """A signal asked us to stop while we were waiting for something."""
