"""Long runs, for faults that appear only after minutes."""
