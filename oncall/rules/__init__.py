"""Why a verb of this room is refused now. The same functions refuse, grey out the button and fill `allowed_actions`."""
