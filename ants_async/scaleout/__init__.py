"""The same engine on many workers, over PostgreSQL and Procrastinate."""
