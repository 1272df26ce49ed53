"""The words of catalog's own field violations: one constant for each rule that the contract's field rules cannot
say."""

from collections.abc import Sequence

from eventhub.refusal import Violation
from eventhub.refusals import InvalidRequest
from services.kit.language import GIVEN

REQUIRED = Violation("required", *GIVEN)
NO_VENUE = Violation("venue", "nothing: an online event has no venue", "nada: um evento on-line não tem local")
ZONE = Violation("required", "the time zone of an online event", "o fuso horário de um evento on-line")
LINK = Violation("required", "the link of an online event", "o link de um evento on-line")
VENUE = Violation("required", "the venue of an event in person", "o local de um evento presencial")
NO_LINK = Violation("online_url", "nothing: only an online event has a link", "nada: só um evento on-line tem link")
PLAN = Violation("required", "the seating plan of a seated event", "o mapa de um evento com lugares marcados")
NO_PLAN = Violation(
    "plan", "nothing: only a seated event has a seating plan", "nada: só um evento com lugares marcados tem mapa"
)
CURRENCY = Violation(
    "currency", "a currency in use today, such as BRL, EUR or USD", "uma moeda em uso hoje, como BRL, EUR ou USD"
)
CAPACITY = Violation("int32.gte", "at least 1", "pelo menos 1")
SAME_ID = Violation("same", "the same in all messages", "o mesmo em todas as mensagens")
HALF_HAS_NO_PRICE = Violation(
    "price", "nothing: it costs half of the full price", "nada: custa a metade do preço inteiro"
)
PRICE = Violation("required", "what one ticket costs", "quanto custa um ingresso")
HALF_OF = Violation("required", "the type whose half it costs", "o tipo de que custa a metade")
NO_HALF_OF = Violation("half_of", "nothing: only a half-price type has one", "nada: só a meia-entrada tem um")
FULL_PRICE = Violation("half_of", "a full-price type", "um tipo de preço inteiro")
LOTS_HAVE_PRICES = Violation("price", "nothing: its lots have prices", "nada: os lotes têm preços")
HALF_HAS_NO_LOTS = Violation(
    "lots", "nothing: half price follows the lots of its full price", "nada: a meia-entrada segue os lotes da inteira"
)
NO_LOTS_OF_PACKAGES = Violation("lots", "none: packages have one price", "nenhum: pacotes têm um só preço")
LOT_NEEDS_AN_END = Violation(
    "lots", "a number of tickets or an end for each lot but the last", "quantidade ou prazo em cada lote menos o último"
)
LAST_LOT_HAS_NO_END = Violation("lots", "no end of the last lot", "último lote sem prazo")
LOT_ENDS_IN_ORDER = Violation("lots", "ends that come one after the other", "prazos em ordem")
LOTS_DIFFER = Violation("lots", "a name and an id of its own for each lot", "nome e número próprios em cada lote")
LOT_CURRENCY = Violation("lots", "the same currency in all lots", "a mesma moeda em todos os lotes")

NO_AREAS = Violation("areas", "nothing: an online event has no areas", "nada: um evento on-line não tem setores")
AREAS_DIFFER = Violation(
    "unique", "areas with different ids and names", "setores com identificadores e nomes diferentes"
)
AREA = Violation("required", "the area that it is sold for", "o setor para o qual é vendido")
UNKNOWN_AREA = Violation("area", "an area of the event", "um setor do evento")
AREA_OF_FULL_PRICE = Violation("area", "the area of its full-price type", "o setor do ingresso inteiro")
NO_HALF_PACKAGE = Violation("package", "nothing: half price is for one person", "nada: a meia-entrada é de uma pessoa")
NO_PACKAGE = Violation("half_of", "a type that is not sold in packages", "um tipo que não é vendido em pacotes")
ONE_PART = Violation("one_of", "nothing: a ticket type is named", "nada: um tipo de ingresso foi indicado")
NO_SEATS = Violation("area", "nothing: an area has no numbered seats", "nada: um setor não tem lugares marcados")

NO_ORPHANS = Violation(
    "orphan_rule",
    "nothing: only a seated event has numbered seats",
    "nada: só um evento com lugares marcados tem assentos",
)
FIXED_VENUE = Violation(
    "venue",
    "the venue that it has: an event with numbered seats moves together with its plan",
    "o local que já tem: um evento com lugares marcados muda junto com o seu mapa",
)
NO_SEATS_TO_MOVE = Violation(
    "seats", "nothing: the event has no numbered seats", "nada: o evento não tem lugares marcados"
)
SEATS_DIFFER = Violation("unique", "each seat once, and each target once", "cada lugar e cada destino uma só vez")
CATEGORIES_DIFFER = Violation("unique", "each category of the event once", "cada categoria do evento uma só vez")
NO_PATHS = Violation("field_mask", "the names of the fields to change", "os nomes dos campos que mudam")
SHARES_DIFFER = Violation("unique", "one share for each deadline", "uma só parte para cada prazo")
AFTER_SALES_BEGIN = Violation("time", "after the beginning of sales", "depois do início das vendas")


AFTER_START = Violation("time", "a time after the sales begin", "um horário depois do início das vendas")
TIME = Violation("time", "a time that exists", "um horário que existe")


def refuse(wrong: dict[str, Violation]) -> None:
    """Raises InvalidRequest if there are violations. wrong: the violation of each field."""
    if wrong:
        raise InvalidRequest(fields=wrong)


def night_count(limit: int) -> Violation:
    """A pass has too many nights."""
    return Violation("nights", f"at most {limit} nights", f"até {limit} noites")


def places(count: int) -> Violation:
    """The capacity of an event differs from the number of its plan's seats and its areas' places."""
    return Violation("capacity", f"its {count} places", f"os {count} lugares que tem")


def places_max(most: int) -> Violation:
    """The seats and areas of an event have too many places."""
    return Violation("int32.lte", f"at most {most} places", f"no máximo {most} lugares")


def lot_count(most: int) -> Violation:
    """The event would have more than the maximum number of lots."""
    return Violation("lots", f"an event of at most {most} lots", f"um evento de até {most} lotes")


def lot_twice(lot_id: str) -> Violation:
    """Another ticket type of the event has a lot with this id."""
    return Violation("lots", f"lots of its own, not {lot_id}", f"lotes próprios, não {lot_id}")


def at_most(most: int) -> Violation:
    """The number is larger than another one allows."""
    return Violation("int32.lte", f"at most {most}", f"no máximo {most}")


def at_least(least: int) -> Violation:
    """The number is smaller than another one allows."""
    return Violation("int32.gte", f"at least {least}", f"pelo menos {least}")


def whole_packages(size: int) -> Violation:
    """The capacity of a ticket type is no number of whole packages."""
    return Violation("capacity", f"a multiple of {size}: whole packages", f"um múltiplo de {size}: pacotes inteiros")


def field_names(names: Sequence[str]) -> Violation:
    """The mask names a field that cannot change, or none."""
    said = ", ".join(names)
    return Violation("mask", f"one or more of {said}", f"um ou mais entre {said}")


def type_count(most: int) -> Violation:
    """The event already has the maximum number of ticket types."""
    return Violation("ticket_types", f"an event of at most {most} ticket types", f"um evento de até {most} tipos")


def unknown_path(path: str) -> Violation:
    """A mask names a field that there is not, or that cannot change."""
    return Violation("field_mask", f"fields that can change, not {path}", f"campos que podem mudar, não {path}")


def zone(time_zone: str) -> Violation:
    """The other venue is in another time zone."""
    return Violation("time_zone", f"a venue in the time zone {time_zone}", f"um local no fuso horário {time_zone}")


def unknown_seat(seat_id: str) -> Violation:
    """The plan has no seat with this id."""
    return Violation("seat", f"seats of the plan, not {seat_id}", f"lugares do mapa, não {seat_id}")


def unknown_category(name: str) -> Violation:
    """The plan has no category of this name."""
    return Violation("category", f"categories of the plan, not {name}", f"categorias do mapa, não {name}")
