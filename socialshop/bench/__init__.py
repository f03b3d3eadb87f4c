"""The benchmarks of the figures we aim for: each takes both sides of its ratio in one run."""
