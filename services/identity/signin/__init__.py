"""Sign-in: access codes, passwords, refresh tokens, gates, and the limits on guessing."""
