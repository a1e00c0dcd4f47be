"""Why a verb of this room is refused, each reason with its clause: asked by the verbs, the pages and `allowed_actions` alike."""
