"""What a refusal is. The refusals themselves, one class a reason, are in eventhub.refusals."""

from collections.abc import Mapping
from typing import ClassVar


class Refusal(Exception):
    """Something was refused, for a reason the contract names (eventhub.common.v1.ErrorReason).

    facts: the reason's metadata, for example {"seat_id": "A-12"}.
    fields: for INVALID_REQUEST, what is wrong by field path.
    retry_after_s: when trying again may help, in seconds.
    """

    reason: ClassVar[str]
    code: ClassVar[int]
    by_reason: ClassVar[dict[str, "type[Refusal]"]] = {}

    def __init_subclass__(cls, *, reason: str, code: int) -> None:
        """Registers the class under its reason."""
        cls.reason = reason
        cls.code = code
        Refusal.by_reason[reason] = cls

    def __init__(
        self,
        message: str = "",
        *,
        fields: Mapping[str, str] | None = None,
        retry_after_s: float | None = None,
        **facts: object,
    ) -> None:
        """Refuses with a sentence for people, by default the reason's own, and facts for programs."""
        self.message = message or " ".join((type(self).__doc__ or "").split())
        self.facts = {name: str(value) for name, value in facts.items()}
        self.fields = dict(fields or {})
        self.retry_after_s = retry_after_s
        super().__init__(f"{type(self).reason}: {self.message}")

    def __getattr__(self, name: str) -> str:
        """A fact by its name: refused.seat_id."""
        facts: dict[str, str] = self.__dict__.get("facts", {})
        if name in facts:
            return facts[name]
        raise AttributeError(name)
