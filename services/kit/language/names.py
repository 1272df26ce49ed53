"""Names for people: of the contract's fields and values, and of the problems of a seating plan."""

from services.kit.language.languages import PORTUGUESE

# (Portuguese, English) by the contract's name.
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
    "ticket_types": ("tipos de ingresso", "ticket types"),
}
# The Portuguese text of each problem; the English text is the problem itself.
PROBLEMS = {
    "a category has no name, or another's": "uma categoria não tem nome ou tem o de outra",
    "a position is out of range": "uma posição está fora do alcance",
    "a zone is inside another one": "uma zona está dentro de outra",
    "several seats have the same name": "vários assentos têm o mesmo nome",
    "the file is nested too deeply": "o arquivo tem níveis demais",
    "the file is not JSON": "o arquivo não é JSON",
    "the file is not UTF-8": "o arquivo não é UTF-8",
    "there are no seats": "não há assentos",
    "there is no such category": "não existe esta categoria",
    "these seat_guids come more than once": "estes seat_guid aparecem mais de uma vez",
}


def named(name: str, language: str) -> str:
    """The name for people of a field or value of the contract; the contract's own name if there is none."""
    portuguese, english = NAMES.get(name, (name, name))
    return portuguese if language == PORTUGUESE else english


def problem(said: str, language: str) -> str:
    """Translates a problem of a seating plan, of the form "the problem" or "the problem: its places". Only the part
    before the colon is translated."""
    said, colon, what = said.partition(": ")
    return (PROBLEMS.get(said, said) if language == PORTUGUESE else said) + colon + what
