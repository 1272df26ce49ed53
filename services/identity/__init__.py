"""identity owns accounts, organizers with their members and public profiles, gate devices, guests, tokens, keys and
contact data.

It promises that no caller acts as another person, and that a returning guest is recognised by the proof they gave. It
never puts contact data into facts, tokens or logs, and stores no secret that it can derive or hash.
"""

from services.kit.values import Extras

EXTRAS = Extras(keys=True, paths=("/.well-known/jwks.json",))
