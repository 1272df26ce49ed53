"""Long runs: what shows itself only after minutes."""
