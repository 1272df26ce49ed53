"""How people come in: access codes, passwords, refresh tokens, gates, and the brakes on guessing."""
