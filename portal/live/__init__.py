"""The live feed: one connection of each web process listens to PostgreSQL, and hands what is new to everybody who watches."""
