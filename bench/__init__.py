"""Benchmarks: each pair measured in one run on one machine. `python -m bench --help` shows the sizes."""
