"""ticketing owns tickets, their signed codes, check-ins and online links.

It promises one ticket for each line of a paid order, whatever is repeated, and that each lets one person in once. It
never stores a code or a link: both are made anew from the ticket and a key. It never knows prices or personal data.
"""
