"""The same engine on many machines: Procrastinate wakes workers, PostgreSQL keeps what they share."""
