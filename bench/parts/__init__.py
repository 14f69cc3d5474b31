"""The commands of the benchmarks, by subject, and what they share: options, servers, and the file of results."""
