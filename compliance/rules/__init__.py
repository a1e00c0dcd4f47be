"""What may be done in this room, and why not."""
