"""What this room refuses, and why: the same functions at every door."""
