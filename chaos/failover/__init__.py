"""PostgreSQL with a standby, or the broker with a replica: servers die under load, and nothing accepted may be lost."""
