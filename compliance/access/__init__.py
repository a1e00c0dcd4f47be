"""Who has access to production, who had, and who breaks the glass: what is read, shown and told of it."""
