"""PostgreSQL with a synchronous standby: primaries die under load, and the standby takes over."""
