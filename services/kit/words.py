"""What a person reads of a refusal: the reason's sentence in the person's language, its values as people write them."""

import re
from functools import partial

from eventhub.refusal import PLACEHOLDER, Refusal
from services.kit import languages
from services.kit.languages import ENGLISH, PORTUGUESE

PROBLEMS_MAX = 3
UNREADABLE = {PORTUGUESE: "o pedido não pôde ser lido", ENGLISH: "the request could not be read"}

# What fields and values of the contract are called, in Portuguese and in English.
NAMES = {
    "access_code": ("código de acesso", "access code"),
    "address": ("endereço", "address"),
    "amount": ("valor", "amount"),
    "capacity": ("lotação", "capacity"),
    "card.token": ("cartão", "card"),
    "city": ("cidade", "city"),
    "code": ("código", "code"),
    "coupon_code": ("cupom", "coupon"),
    "cpf": ("CPF", "CPF"),
    "description": ("descrição", "description"),
    "duration": ("duração", "duration"),
    "email": ("e-mail", "e-mail"),
    "expires_at": ("validade", "end"),
    "gate": ("portão", "gate"),
    "items": ("ingressos", "tickets"),
    "items.quantity": ("quantidade", "quantity"),
    "locale": ("idioma", "language"),
    "name": ("nome", "name"),
    "new_password": ("nova senha", "new password"),
    "online_url": ("link do evento", "event link"),
    "owner_name": ("seu nome", "your name"),
    "password": ("senha", "password"),
    "phone": ("telefone", "phone"),
    "price": ("preço", "price"),
    "starts_local": ("início", "beginning"),
    "time_zone": ("fuso horário", "time zone"),
    "title": ("título", "title"),
    "venue_id": ("local", "venue"),
    "BOX_OFFICE": ("bilheteria", "box office"),
    "BUYER": ("comprador", "buyer"),
    "CAPTURED": ("pago", "paid"),
    "CARD": ("cartão", "card"),
    "COMPLIMENTARY": ("cortesia", "complimentary"),
    "DRAFT": ("ainda é um rascunho", "it is still a draft"),
    "FAILED": ("não foi concluído", "it was not completed"),
    "FINANCE": ("financeiro", "finance"),
    "FREE": ("gratuito", "free"),
    "GATE": ("portaria", "gate"),
    "MANAGER": ("gerente", "manager"),
    "ORGANIZER": ("organizador", "organizer"),
    "OVER": ("já terminou", "it is over"),
    "OWNER": ("proprietário", "owner"),
    "PAID": ("já está pago", "it is paid"),
    "PAYMENT_PENDING": ("aguarda o pagamento", "it waits for the payment"),
    "PENDING": ("em andamento", "it is under way"),
    "PUBLISHED": ("já foi publicado", "it is published"),
    "PUBLISHING": ("está sendo publicado", "it is being published"),
    "RELEASED": ("já foi desfeito", "it was undone"),
    "VOIDED": ("foi cancelado", "it was cancelled"),
    "ticket_types": ("tipos de ingresso", "ticket types"),
}


def for_people(refused: Refusal, language: str) -> str:
    """The sentence that a person reads."""
    return PLACEHOLDER.sub(partial(value, refused, language), type(refused).texts[language])


def value(refused: Refusal, language: str, placeholder: "re.Match[str]") -> str:
    """What stands for a placeholder. What the refusal does not say is left out."""
    name, facts = placeholder[1], refused.facts
    if name == "problems":
        return problems(refused, language)
    if name == "retry_after":
        return languages.span(refused.retry_after_s or 0.0, language)
    if name not in facts:
        return "?"
    if name.endswith("_at"):
        return languages.moment(facts[name], facts.get("time_zone", ""), language)
    if name.endswith("_minor"):
        return languages.amount(int(facts[name]), facts["currency"], language)
    return ", ".join(named(part, language) for part in facts[name].split(","))


def problems(refused: Refusal, language: str) -> str:
    """The first fields that are wrong, and what each should look like."""
    wrong = list(refused.fields.items())[:PROBLEMS_MAX]
    said = [f"{named(path, language)}: {broken.pt if language == PORTUGUESE else broken.en}" for path, broken in wrong]
    return "; ".join(said) or UNREADABLE[language]


def named(name: str, language: str) -> str:
    """What people call a field or a value of the contract; its own name if they have none."""
    portuguese, english = NAMES.get(name, (name, name))
    return portuguese if language == PORTUGUESE else english
