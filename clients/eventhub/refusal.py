"""What a refusal is. The refusals themselves, one class a reason, are in eventhub.refusals."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from eventhub.common.v1.error_reason_pb2 import ErrorReason
from eventhub.common.v1.options_pb2 import refusal as words

PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Violation:
    """What is wrong with a field: what it should look like, in English and in Portuguese. rule: the id of the rule that
    it breaks, "string.max_len". As a client receives it, pt is empty unless that is the caller's language."""

    rule: str
    en: str
    pt: str = ""

    @property
    def for_people(self) -> str:
        """In the caller's language."""
        return self.pt or self.en


class Refusal(Exception):
    """Something was refused, for a reason the contract names (eventhub.common.v1.ErrorReason).

    message: in English, for developers. for_people: a sentence to show to people, in the caller's language; a refusal
    of the transport has none.
    facts: the reason's metadata, for example {"seat_id": "A-12"}.
    fields: for INVALID_REQUEST, what is wrong by field path.
    retry_after_s: when trying again may help, in seconds.
    """

    reason: ClassVar[str]
    code: ClassVar[int]
    # The reason's sentence by language, with {placeholders}.
    texts: ClassVar[Mapping[str, str]]
    by_reason: ClassVar[dict[str, "type[Refusal]"]] = {}

    def __init_subclass__(cls, *, reason: str, code: int) -> None:
        """Registers the class under its reason."""
        cls.reason = reason
        cls.code = code
        said = ErrorReason.DESCRIPTOR.values_by_name[f"ERROR_REASON_{reason}"].GetOptions().Extensions[words]
        cls.texts = {"en": said.en, "pt-BR": said.pt}
        Refusal.by_reason[reason] = cls

    def __init__(
        self,
        message: str = "",
        *,
        for_people: str = "",
        fields: Mapping[str, Violation] | None = None,
        retry_after_s: float | None = None,
        **facts: object,
    ) -> None:
        """Refuses with a sentence, by default the reason's own, and facts for programs."""
        self.facts = {name: str(value) for name, value in facts.items()}
        self.fields = dict(fields or {})
        self.retry_after_s = retry_after_s
        self.message = message or PLACEHOLDER.sub(self._raw, type(self).texts["en"])
        self.for_people = for_people
        super().__init__(f"{type(self).reason}: {self.message}")

    def _raw(self, placeholder: "re.Match[str]") -> str:
        """What stands in the message for a placeholder, as programs write it."""
        match placeholder[1]:
            case "problems":
                wrong = [f"{field}: {broken.en}" for field, broken in self.fields.items()]
                return "; ".join(wrong) or "nothing can be read"
            case "retry_after":
                return f"{self.retry_after_s or 0:g} s"
            case name:
                return self.facts.get(name, "?")

    def __getattr__(self, name: str) -> str:
        """A fact by its name: refused.seat_id."""
        facts: dict[str, str] = self.__dict__.get("facts", {})
        if name in facts:
            return facts[name]
        raise AttributeError(name)
