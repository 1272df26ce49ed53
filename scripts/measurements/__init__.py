"""Measures the platform, each figure beside its yardsticks of the same rounds: scripts/bench."""
