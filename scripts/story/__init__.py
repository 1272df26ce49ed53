"""The story that scripts/demo plays: one show, from its seating plan to its reports."""
