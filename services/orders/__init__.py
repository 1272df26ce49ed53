"""orders owns customers' orders and brings each one to PAID or FAILED, whichever part of the platform fails on the way.

It promises that no buyer is charged without getting tickets, and that no order is lost once Checkout has answered. It
never talks to a payment provider and never chooses seats.
"""

from services.kit.values import Extras

EXTRAS = Extras(own_cluster=True)  # a rush writes here at every step of every order
