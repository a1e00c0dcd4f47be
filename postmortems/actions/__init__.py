"""The verbs of post-mortems: the only writers of this room."""
