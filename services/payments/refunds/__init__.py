"""Money of payments that goes back: refunds and disputes."""
