"""Names for people: of the contract's fields and values, and of the problems of a seating plan."""

import re

from services.kit.language.languages import PORTUGUESE
from services.kit.language.texts import NO_CARD, NO_CONTROL, NO_LINK

Words = tuple[str, str]

# (Portuguese, English) by a field's path or, for all fields of a name, by that name; and by the contract's other names.
NAMES = {
    "about": ("texto de apresentação", "text about the organizer"),
    "access_code": ("código de acesso", "access code"),
    "access_codes": ("códigos de acesso", "access codes"),
    "accessible": ("lugares acessíveis", "accessible seats"),
    "account_id": ("conta", "account"),
    "address": ("endereço", "address"),
    "alt": ("descrição da imagem", "description of the picture"),
    "admission": ("forma de participação", "way to take part"),
    "amount": ("valor", "amount"),
    "area_id": ("setor", "area"),
    "areas": ("setores", "areas"),
    "available_only": ("só com ingressos", "available only"),
    "basis_points": ("desconto em centésimos de 1%", "discount in hundredths of 1%"),
    "box_office": ("bilheteria", "box office"),
    "capacity": ("lotação", "capacity"),
    "card": ("cartão", "card"),
    "card.token": ("cartão", "card"),
    "categories": ("categorias de lugares", "seat categories"),
    "card_terminal": ("maquininha de cartão", "card terminal"),
    "cash": ("dinheiro", "cash"),
    "chunk": ("arquivo", "file"),
    "city": ("cidade", "city"),
    "code": ("código", "code"),
    "complimentary": ("cortesia", "complimentary"),
    "coupon_code": ("cupom", "coupon"),
    "coupon_id": ("cupom", "coupon"),
    "cpf": ("CPF", "CPF"),
    "counted_cash": ("dinheiro contado", "counted cash"),
    "currency": ("moeda", "currency"),
    "customer": ("cliente", "customer"),
    "description": ("descrição", "description"),
    "details": ("detalhes", "details"),
    "details.age_rating": ("classificação indicativa", "age rating"),
    "details.categories": ("categorias", "categories"),
    "details.contact": ("contato", "contact"),
    "details.doors_close_after": ("fechamento das portas", "closing of the doors"),
    "details.doors_open_before": ("abertura das portas", "opening of the doors"),
    "details.pictures": ("imagens", "pictures"),
    "details.pictures.alt": ("descrição da imagem", "description of the picture"),
    "details.pictures.url": ("endereço da imagem", "address of the picture"),
    "details.sales_end_at": ("fim das vendas", "end of sales"),
    "details.sales_start_at": ("início das vendas", "beginning of sales"),
    "details.tags": ("palavras-chave", "tags"),
    "device_id": ("aparelho", "device"),
    "discount": ("desconto", "discount"),
    "duration": ("duração", "duration"),
    "email": ("e-mail", "e-mail"),
    "entry_id": ("lista de espera", "waiting list"),
    "epoch": ("ponto de partida", "starting point"),
    "event_id": ("evento", "event"),
    "expected_total": ("total esperado", "expected total"),
    "expected_total.minor": ("total esperado", "expected total"),
    "expires_at": ("validade", "end"),
    "fault": ("falha", "fault"),
    "format": ("formato", "format"),
    "free": ("ingresso gratuito", "free ticket"),
    "free_only": ("só gratuitos", "free only"),
    "from_category": ("categoria no mapa atual", "category in the present plan"),
    "from_seat_id": ("lugar atual", "present seat"),
    "from_at": ("começo do período", "beginning of the period"),
    "from_event_id": ("evento modelo", "model event"),
    "gate": ("portão", "gate"),
    "grant": ("forma de entrar", "way to sign in"),
    "groups": ("grupos", "groups"),
    "half_of_ticket_type_id": ("ingresso inteiro", "full-price ticket"),
    "hidden": ("oculto", "hidden"),
    "hold_id": ("reserva", "reservation"),
    "items": ("ingressos", "tickets"),
    "kind": ("tipo", "kind"),
    "label": ("nome do bloqueio", "name of the block"),
    "list_position": ("posição na lista", "position in the list"),
    "locale": ("idioma", "language"),
    "lots": ("lotes", "lots"),
    "lots.ends_at": ("fim do lote", "end of the lot"),
    "lots.version": ("versão do lote", "version of the lot"),
    "match": ("forma de achar os novos lugares", "way to find the new seats"),
    "method": ("forma de pagamento", "payment method"),
    "minor": ("valor", "amount"),
    "name": ("nome", "name"),
    "new_password": ("nova senha", "new password"),
    "note": ("observação", "note"),
    "number": ("número do pedido", "order number"),
    "online_only": ("só on-line", "online only"),
    "online_url": ("link do evento", "event link"),
    "open": ("abertura", "opening"),
    "open_only": ("só caixas abertos", "open tills only"),
    "opening_float": ("fundo de troco", "opening float"),
    "operator": ("operador", "operator"),
    "order": ("ordem", "order"),
    "order_id": ("pedido", "order"),
    "organizer_id": ("organizador", "organizer"),
    "orphan_rule": ("regra do lugar sozinho", "rule about single seats"),
    "owner_name": ("seu nome", "your name"),
    "package_size": ("tamanho do pacote", "size of the package"),
    "page": ("página", "page"),
    "page.token": ("página", "page"),
    "password": ("senha", "password"),
    "payment": ("pagamento", "payment"),
    "per_order_max": ("máximo por pedido", "most per order"),
    "per_order_min": ("mínimo por pedido", "fewest per order"),
    "phone": ("telefone", "phone"),
    "picture": ("imagem", "picture"),
    "plan_id": ("mapa de assentos", "seating plan"),
    "position": ("ponto de partida", "starting point"),
    "price": ("preço", "price"),
    "price_max": ("preço máximo", "highest price"),
    "price_min": ("preço mínimo", "lowest price"),
    "provider": ("meio de pagamento", "payment provider"),
    "quantity": ("quantidade", "quantity"),
    "reason": ("motivo", "reason"),
    "received": ("dinheiro recebido", "cash received"),
    "reference": ("número do comprovante", "number of the slip"),
    "refresh_token": ("sessão", "session"),
    "relocation_id": ("mudança de local", "relocation"),
    "restore": ("restauração", "restoring"),
    "role": ("função", "role"),
    "rule": ("regra de repetição", "recurrence rule"),
    "scope": ("evento ou temporada", "event or series"),
    "sales_end_at": ("fim das vendas", "end of sales"),
    "sales_start_at": ("início das vendas", "beginning of sales"),
    "seat_categories": ("categorias de lugares", "seat categories"),
    "seat_ids": ("lugares", "seats"),
    "secret": ("segredo", "secret"),
    "series_id": ("série", "series"),
    "site": ("site", "site"),
    "size": ("itens por página", "items per page"),
    "stage": ("palco", "stage"),
    "start_revision": ("ponto de partida", "starting point"),
    "starts_local": ("início", "beginning"),
    "take_blocked": ("lugares bloqueados", "blocked seats"),
    "target": ("novo local", "new place"),
    "target.categories": ("categorias de lugares", "seat categories"),
    "target.seats": ("lugares", "seats"),
    "text": ("busca", "search"),
    "ticket_id": ("ingresso", "ticket"),
    "ticket_type_id": ("tipo de ingresso", "ticket type"),
    "ticket_type_ids": ("tipos de ingresso", "ticket types"),
    "ticket_type_name": ("nome do tipo de ingresso", "name of the ticket type"),
    "ticket_type_names": ("nomes de tipos de ingresso", "names of ticket types"),
    "tickets_per_order_max": ("ingressos por pedido", "tickets per order"),
    "tickets_per_person_max": ("ingressos por pessoa", "tickets per person"),
    "tickets_per_use_max": ("ingressos por uso do cupom", "tickets per use"),
    "time_zone": ("fuso horário", "time zone"),
    "title": ("título", "title"),
    "to_category": ("categoria no novo mapa", "category in the new plan"),
    "to_seat_id": ("novo lugar", "new seat"),
    "token": ("link de acesso", "access link"),
    "until_at": ("fim do período", "end of the period"),
    "update_mask": ("campos a mudar", "fields to change"),
    "url": ("endereço da imagem", "address of the picture"),
    "uses_max": ("usos do cupom", "uses of the coupon"),
    "uses_per_participant_max": ("usos por pessoa", "uses per person"),
    "venue_id": ("local", "venue"),
    "with_companion": ("com acompanhante", "with a companion"),
    "zones": ("zonas", "zones"),
    "voucher": ("vale", "voucher"),
    "with_archived": ("eventos arquivados", "archived events"),
    "ARCHIVED": ("está arquivado", "it is archived"),
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
    "UNPUBLISHED": ("está fora de venda", "it is unpublished"),
    "VIEWER": ("observador", "viewer"),
    "VOIDED": ("foi cancelado", "it was cancelled"),
    "seats": ("assentos", "seats"),
    "shapes": ("formas", "shapes"),
    "ticket_types": ("tipos de ingresso", "ticket types"),
}
# The word for an id whose field has no name of its own here.
AN_ID = ("identificador", "id")
ID_ENDINGS = ("_id", "_ids")
# The Portuguese text of each problem; the English text is the problem itself. "{}" stands for a number, or for a word
# between backticks in the decoder's own messages.
PROBLEMS = {
    "a category has no name, or another's": "uma categoria não tem nome ou tem o de outra",
    "a companion sits beside no accessible seat": "um acompanhante não está ao lado de um lugar acessível",
    "a position is out of range": "uma posição está fora do alcance",
    "a seat's name has more than {} characters": "o nome de um assento tem mais de {} caracteres",
    "a seat is not accessible in this way": "um assento não pode ser acessível desta forma",
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
    """The name for people of a value of the contract; the contract's own name if there is none."""
    return spoken(NAMES.get(name, (name, name)), language)


def field(path: str, language: str) -> str:
    """The name for people of a field of a request; its path if there is none."""
    return spoken(known(path) or (path, path), language)


def known(path: str) -> Words | None:
    """The words for a field; None if there are none."""
    own = path.rpartition(".")[2]
    return NAMES.get(path) or NAMES.get(own) or (AN_ID if own.endswith(ID_ENDINGS) else None)


def spoken(words: Words, language: str) -> str:
    """The word of a pair in a language."""
    return words[0] if language == PORTUGUESE else words[1]


def counted(said: str, language: str) -> str:
    """The name for people of a value of the contract, or of an amount such as "200000 seats"."""
    number, space, what = said.partition(" ")
    return number + space + named(what, language) if number.isdecimal() else named(said, language)


def problem(said: str, language: str) -> str:
    """Translates a problem of a seating plan, of the form "the problem" or "the problem: its places"."""
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
