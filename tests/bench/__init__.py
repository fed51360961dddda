"""Benchmarks: the numbers of the design, measured on real processes, a real PostgreSQL and a real Valkey."""
