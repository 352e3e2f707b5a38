"""Benchmarks that anyone can repeat: each prints a table and returns the same figures as a dictionary."""
