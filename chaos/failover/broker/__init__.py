"""A Valkey with a replica and three sentinels: masters die under load, and the sentinels promote the replica."""
