"""What was measured: the file of results, the goals, and both as tables."""
