"""Where benchmarks run: servers with fresh databases, worker processes and what they use, progress."""
