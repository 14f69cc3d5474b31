"""The month close by workers, by hand-made SQL and by ordinary ORM code, over the same seeded data."""
