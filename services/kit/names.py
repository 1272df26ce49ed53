"""What people call the contract's fields and values, and what is wrong with a seating plan."""

import re

from services.kit.languages import PORTUGUESE
from services.kit.texts import NO_CARD, NO_CONTROL, NO_LINK

# In Portuguese and in English.
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
    "AUTHORIZED": ("autorizado", "authorized"),
    "BOX_OFFICE": ("bilheteria", "box office"),
    "BUYER": ("comprador", "buyer"),
    "CAPTURED": ("pago", "paid"),
    "CARD": ("cartão", "card"),
    "COMPLIMENTARY": ("cortesia", "complimentary"),
    "DECLINED": ("recusado", "declined"),
    "DRAFT": ("ainda é um rascunho", "it is still a draft"),
    "FAILED": ("não foi concluído", "it was not completed"),
    "FINANCE": ("financeiro", "finance"),
    "FREE": ("gratuito", "free"),
    "GATE": ("portaria", "gate"),
    "MANAGER": ("gerente", "manager"),
    "OPEN": ("as vendas estão abertas", "sales are open"),
    "OPERATOR": ("operador", "operator"),
    "ORGANIZER": ("organizador", "organizer"),
    "OVER": ("já terminou", "it is over"),
    "OWNER": ("proprietário", "owner"),
    "PAID": ("já está pago", "it is paid"),
    "PAYMENT_PENDING": ("aguarda o pagamento", "it waits for the payment"),
    "PENDING": ("em andamento", "it is under way"),
    "PROVISIONING": ("está sendo preparado", "it is being prepared"),
    "PUBLISHED": ("já foi publicado", "it is published"),
    "PUBLISHING": ("está sendo publicado", "it is being published"),
    "RELEASED": ("já foi desfeito", "it was undone"),
    "UNKNOWN": ("ainda não se sabe", "it is not known yet"),
    "VIEWER": ("observador", "viewer"),
    "VOIDED": ("foi cancelado", "it was cancelled"),
    "seats": ("assentos", "seats"),
    "ticket_types": ("tipos de ingresso", "ticket types"),
}
# A refusal says in English what is wrong with a seating plan, at times in the decoder's own words; people read it in
# Portuguese. "{}" stands for a number or for a word between backticks.
PROBLEMS = {
    "a category has no name, or another's": "uma categoria não tem nome ou tem o de outra",
    "a position is out of range": "uma posição está fora do alcance",
    "a seat's name has more than {} characters": "o nome de um assento tem mais de {} caracteres",
    "a seat_guid has {} to {} characters": "um seat_guid tem de {} a {} caracteres",
    "a text has more than {} characters": "um texto tem mais de {} caracteres",
    **{f"a text may have {wrong.en}": f"um texto não pode ter {wrong.pt}" for wrong in (NO_CARD, NO_CONTROL, NO_LINK)},
    "a zone is inside another one": "uma zona está dentro de outra",
    "several seats have the same name": "vários assentos têm o mesmo nome",
    "the file is nested too deeply": "o arquivo tem níveis demais",
    "the file is not JSON": "o arquivo não é JSON",
    "the file is not UTF-8": "o arquivo não é UTF-8",
    "there are more than {} categories": "há mais de {} categorias",
    "there are no seats": "não há assentos",
    "there is no such category": "não existe esta categoria",
    "these seat_guids come more than once": "estes seat_guid aparecem mais de uma vez",
    "Expected {}, got {}": "era esperado {}, e veio {}",
    "Number out of range": "um número está fora do alcance",
    "Object missing required field {}": "falta o campo {}",
}
# What people read of any other problem.
UNLIKE_THE_FORMAT = "o conteúdo não segue o formato"
PLACEHOLDER = re.compile(r"`([^`]*)`|(?<= )(\d+)")
TYPES = {
    "array": "uma lista",
    "bool": "um valor lógico",
    "float": "um número",
    "int": "um número inteiro",
    "null": "um valor vazio",
    "object": "um objeto",
    "str": "um texto",
}


def named(name: str, language: str) -> str:
    """What people call a field or a value of the contract; its own name if they have none."""
    portuguese, english = NAMES.get(name, (name, name))
    return portuguese if language == PORTUGUESE else english


def counted(said: str, language: str) -> str:
    """A value of the contract, or so many of something: "200000 seats"."""
    number, space, what = said.partition(" ")
    return number + space + named(what, language) if number.isdecimal() else named(said, language)


def problem(said: str, language: str) -> str:
    """What is wrong with a seating plan: "the problem" or "the problem: with what"."""
    if language != PORTUGUESE:
        return said
    said, colon, what = said.partition(": ")
    portuguese = PROBLEMS.get(PLACEHOLDER.sub("{}", said))
    if portuguese is None:
        return UNLIKE_THE_FORMAT
    values = [typed(quoted) or number for quoted, number in PLACEHOLDER.findall(said)]
    return portuguese.format(*values) + colon + what


def typed(name: str) -> str:
    """Types of JSON in Portuguese: "um objeto ou um valor vazio" for "object | null". A field keeps its name."""
    return " ou ".join(TYPES.get(part, part) for part in name.split(" | "))
