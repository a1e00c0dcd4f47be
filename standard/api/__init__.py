"""The standard and its process by API."""
