"""reviews owns the opinions of buyers about events that they have paid for."""

from services.kit.values import Extras

EXTRAS = Extras(paths=("/rating/",))
