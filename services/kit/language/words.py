"""The text of a refusal for people: the reason's sentence in the person's language, with its values filled in."""

import re
from collections.abc import Mapping
from functools import partial

from eventhub.refusal import PLACEHOLDER, Refusal
from services.kit.language import languages, names, plan_problems
from services.kit.language.languages import ENGLISH, PORTUGUESE

PROBLEMS_MAX = 3
# Facts whose values are names of the contract or amounts of something, one or several with commas between.
TERMS = ("limit", "method", "missing", "needs", "state")
UNREADABLE = {PORTUGUESE: "o pedido não pôde ser lido", ENGLISH: "the request could not be read"}


def for_people(refused: Refusal, language: str) -> str:
    """The sentence for a person, with all placeholders replaced."""
    return PLACEHOLDER.sub(partial(value, refused, language), type(refused).texts[language])


def of_reason(name: str, language: str) -> str:
    """The sentence of a reason whose facts are not known; empty if it shows some, or if there is no such reason."""
    kind = Refusal.by_reason.get(name)
    said = kind.texts[language] if kind else ""
    return "" if PLACEHOLDER.search(said) else said


def value(refused: Refusal, language: str, placeholder: "re.Match[str]") -> str:
    """The text for a placeholder; "?" for a fact that the refusal does not have."""
    match placeholder[1]:
        case "problems":
            return problems(refused, language)
        case "retry_after":
            return languages.span(refused.retry_after_s or 0.0, language)
        case name:
            return fact(name, refused.facts, language) if name in refused.facts else "?"


def fact(name: str, facts: Mapping[str, str], language: str) -> str:
    """Formats a fact by its name: times, amounts, problems, names of the contract."""
    if name.endswith("_at"):
        return languages.moment(facts[name], facts.get("time_zone", ""), language)
    if name.endswith("_minor"):
        return languages.amount(int(facts[name]), facts["currency"], language)
    if name == "problem":
        return plan_problems.problem(facts[name], language)
    if name in TERMS:
        return ", ".join(names.counted(part, language) for part in facts[name].split(","))
    return facts[name]


def problems(refused: Refusal, language: str) -> str:
    """Lists the first wrong fields, each with the form that it must have."""
    wrong = list(refused.fields.items())[:PROBLEMS_MAX]
    said = [
        f"{names.field(path, language)}: {broken.pt if language == PORTUGUESE else broken.en}" for path, broken in wrong
    ]
    return "; ".join(said) or UNREADABLE[language]
