"""The base class of refusals. eventhub.refusals has one class for each reason."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from eventhub.common.v1.error_reason_pb2 import ErrorReason
from eventhub.common.v1.options_pb2 import refusal as words

PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Violation:
    """A field that breaks a rule. rule: the rule's id, such as "string.max_len". en, pt: the form that the field should
    have. A client gets pt only if Portuguese is the caller's language; otherwise it is empty."""

    rule: str
    en: str
    pt: str = ""

    @property
    def for_people(self) -> str:
        """Returns the text in the caller's language."""
        return self.pt or self.en


class Refusal(Exception):
    """A call was refused, for a reason of the contract (eventhub.common.v1.ErrorReason).

    message: for developers, in English.
    for_people: a sentence to show to people, in the caller's language; empty if the transport refused.
    facts: the reason's metadata, for example {"seat_id": "A-12"}.
    fields: for INVALID_REQUEST, the violation of each wrong field, by field path.
    retry_after_s: seconds until a retry may succeed; None if the server names no time.
    """

    reason: ClassVar[str]
    code: ClassVar[int]
    # The reason's sentence in each language, with {placeholders}.
    texts: ClassVar[Mapping[str, str]]
    by_reason: ClassVar[dict[str, "type[Refusal]"]] = {}

    def __init_subclass__(cls, *, reason: str = "", code: int = 0) -> None:
        """Registers the class under its reason. TransientRefusal is not the class of one reason and gives none."""
        if not reason:
            return
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
        """message: by default the reason's own sentence. facts: values for programs, by name."""
        self.facts = {name: str(value) for name, value in facts.items()}
        self.fields = dict(fields or {})
        self.retry_after_s = retry_after_s
        self.message = message or PLACEHOLDER.sub(self._raw, type(self).texts["en"])
        self.for_people = for_people
        super().__init__(f"{type(self).reason}: {self.message}")

    def _raw(self, placeholder: "re.Match[str]") -> str:
        """Returns the text for a placeholder in the developers' message."""
        match placeholder[1]:
            case "problems":
                wrong = [f"{field}: {broken.en}" for field, broken in self.fields.items()]
                return "; ".join(wrong) or "nothing can be read"
            case "retry_after":
                return f"{self.retry_after_s or 0:g} s"
            case name:
                return self.facts.get(name, "?")

    def __getattr__(self, name: str) -> str:
        """Returns a fact by its name: refused.seat_id."""
        facts: dict[str, str] = self.__dict__.get("facts", {})
        if name in facts:
            return facts[name]
        raise AttributeError(name)


class TransientRefusal(Refusal):
    """A refusal whose reason the contract calls transient: the same call may succeed a little later. It says nothing
    about the request or the things that it names, and the refused call may have had its effect. A repeat with the same
    ids does no harm: `except TransientRefusal` is the place for one."""
