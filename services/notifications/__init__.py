"""notifications owns the messages to people and their delivery, by stream and by e-mail.

It delivers every message at least once, and a repeat has the same message id. The mail of an order's tickets also
confirms the order. It never stores an address, a name, an access code, a ticket's code or a link: it asks the context
that owns them for each try of a delivery.
"""

from services.kit.values import Extras

EXTRAS = Extras(volume="mail")  # mail is written there until a server for it is named
