"""What every service needs and no domain owns. Nothing in here knows a ticket."""
