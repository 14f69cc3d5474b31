"""The fault test: real workers, beats and servers under a seeded storm, then a proof that nothing was lost or doubled.

Lives here: the workload, the schedule of faults, the producers with their journal, the proxy, the director of a run,
and the checker, which knows nothing of the product but its tables.
May import: `sandbox.local` and `sandbox.gatewaysim` to start servers, `settlement.storage` to migrate and to move the
test clock. The checker imports none of it.
Start at: `__main__.py`, `checker.py`.
"""
