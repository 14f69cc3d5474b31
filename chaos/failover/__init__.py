"""PostgreSQL with a synchronous standby: primaries die under load, the standby takes over, and nothing may be lost."""
