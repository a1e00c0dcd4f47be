"""The API of this room: parse, gate, action, respond."""
