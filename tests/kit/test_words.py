"""The texts of refusals for people, in their language and with their values."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from google.rpc.error_details_pb2 import BadRequest, LocalizedMessage

from eventhub import contract, refusals, status
from eventhub.common.v1.options_pb2 import ACCESS_BUYER, Role
from eventhub.identity.v1.identity_service_pb2 import GetProfileRequest, StartGuestRequest
from eventhub.orders.v1.orders_pb2 import OrderState
from eventhub.payments.v1.payments_pb2 import PaymentState
from eventhub.refusal import Refusal, Violation
from services.kit.language import names, words
from services.kit.language.languages import ENGLISH, PORTUGUESE, negotiate
from services.kit.language.names import named
from services.kit.rpc.call import Call, Caller
from tests.kit.peer import Identity, Peer, bearer
from tests.stage import Stage

CHANGED = refusals.TotalChanged(expected_minor=1_500_050, total_minor=2_000_000, currency="BRL")
EXPIRED = refusals.CouponExpired(expired_at="2026-12-31T23:00:00Z", time_zone="America/Sao_Paulo")


@pytest.mark.parametrize(
    ("refused", "language", "sentence"),
    [
        (CHANGED, PORTUGUESE, "O preço mudou: o total agora é R$\xa020.000,00, e não R$\xa015.000,50."),
        (CHANGED, ENGLISH, "The price has changed: the total is now R$20,000.00, not R$15,000.50."),
        (EXPIRED, PORTUGUESE, "Este cupom valeu até 31 de dezembro de 2026, 20:00."),
        (EXPIRED, ENGLISH, "This coupon was valid until December 31, 2026, 20:00."),
        (
            refusals.CouponExpired(expired_at="2026-12-31T23:00:00Z"),
            ENGLISH,
            "This coupon was valid until December 31, 2026, 23:00 UTC.",
        ),
        (
            refusals.AccessDenied(needs="MANAGER,BOX_OFFICE"),
            PORTUGUESE,
            "Você não tem permissão para isto. É preciso ser: gerente, bilheteria.",
        ),
        (
            refusals.TooManyRequests(retry_after_s=0.2),
            PORTUGUESE,
            "Foram tentativas demais. Tente de novo em 1 segundo.",
        ),
        (refusals.TooManyRequests(retry_after_s=120), ENGLISH, "That was too often. Please try again in 2 minutes."),
        (
            refusals.SeatTaken(seat_id="x9", seat="Plateia A-17"),
            ENGLISH,
            "Seat Plateia A-17 is no longer available. Please choose another.",
        ),
        (
            refusals.InvalidRequest(fields={"phone": Violation("x", "a phone number", "um telefone")}),
            PORTUGUESE,
            "Confira os dados: telefone: um telefone.",
        ),
        (
            refusals.PlanMalformed(problem="Expected `str | null`, got `object`", where="$.a"),
            PORTUGUESE,
            "O mapa de assentos não pode ser usado. Em $.a: era esperado um texto ou um valor vazio, e veio um objeto.",
        ),
        (
            refusals.PlanMalformed(problem="Expected `str | null`, got `object`", where="$.a"),
            ENGLISH,
            "The seating plan cannot be used. At $.a: Expected `str | null`, got `object`.",
        ),
        (
            refusals.PlanMalformed(problem="Object missing required field `name`", where="$"),
            PORTUGUESE,
            "O mapa de assentos não pode ser usado. Em $: falta o campo name.",
        ),
        (
            refusals.PlanMalformed(problem="a seat_guid has 1 to 80 characters", where="$.zones[0]"),
            PORTUGUESE,
            "O mapa de assentos não pode ser usado. Em $.zones[0]: um seat_guid tem de 1 a 80 caracteres.",
        ),
        (
            refusals.PlanMalformed(problem="there is no such category: Box {1}", where="$.zones[0]"),
            PORTUGUESE,
            "O mapa de assentos não pode ser usado. Em $.zones[0]: não existe esta categoria: Box {1}.",
        ),
        (
            refusals.PlanMalformed(problem="Words of another decoder: all of them", where="$"),
            PORTUGUESE,
            "O mapa de assentos não pode ser usado. Em $: o conteúdo não segue o formato.",
        ),
        (
            refusals.PlanTooLarge(limit="200000 seats"),
            PORTUGUESE,
            "O mapa de assentos é grande demais. O limite é 200000 assentos.",
        ),
        (refusals.InvalidRequest("Nothing fits."), PORTUGUESE, "Confira os dados: o pedido não pôde ser lido."),
    ],
)
def test_a_refusal_in_words(refused: Refusal, language: str, sentence: str) -> None:
    assert words.for_people(refused, language) == sentence


def test_developers_read_english_with_the_values_as_they_are() -> None:
    assert str(CHANGED) == "TOTAL_CHANGED: The price has changed: the total is now 2000000, not 1500050."
    broken = refusals.InvalidRequest(fields={"phone": Violation("x", "a phone number", "um telefone")})
    assert broken.message == "Please check: phone: a phone number."


@pytest.mark.parametrize("kind", Refusal.by_reason.values(), ids=lambda kind: kind.reason)
def test_a_refusal_that_says_too_little_is_a_sentence_all_the_same(kind: type[Refusal]) -> None:
    for language in (PORTUGUESE, ENGLISH):
        assert "{" not in words.for_people(kind(), language)


def paths(message: Any, within: str = "") -> Iterator[str]:
    """The fields of a request and of its messages, and the choices between some of them, by path."""
    # An optional field is a choice of its own for protobuf, with a name that no refusal uses.
    yield from (within + choice.name for choice in message.oneofs if not choice.name.startswith("_"))
    for field in message.fields:
        yield within + field.name
        if field.message_type is not None and field.message_type.full_name.startswith("eventhub."):
            yield from paths(field.message_type, f"{within}{field.name}.")


def test_people_have_a_word_for_every_field_that_a_public_refusal_may_name() -> None:
    public = {path for rpc in contract.by_path().values() if not rpc.internal for path in paths(rpc.request.DESCRIPTOR)}
    silent = [path for path in sorted(public) if names.known(path) is None]
    raw = [path for path in public for words in names.known(path) or () if re.search(r"[._]|[a-z][A-Z]", words)]

    assert not silent, "\n".join(silent)
    assert not raw, "\n".join(raw)
    assert {"email", "card.token", "price.minor", "discount", "guest_id", "items.ticket_type_id"} <= public


@pytest.mark.parametrize(
    ("path", "portuguese", "english"),
    [
        ("currency", "moeda", "currency"),
        ("price.currency", "moeda", "currency"),
        ("price.minor", "valor", "amount"),
        ("basis_points", "desconto em centésimos de 1%", "discount in hundredths of 1%"),
        ("customer.email", "e-mail", "e-mail"),
        ("format", "formato", "format"),
        ("number", "número do pedido", "order number"),
        ("guest_id", "identificador", "id"),
        ("scan_id", "identificador", "id"),
    ],
)
def test_a_field_is_called_as_people_call_it(path: str, portuguese: str, english: str) -> None:
    refused = refusals.InvalidRequest(fields={path: Violation("required", "must be given", "é obrigatório")})

    assert words.for_people(refused, PORTUGUESE) == f"Confira os dados: {portuguese}: é obrigatório."
    assert words.for_people(refused, ENGLISH) == f"Please check: {english}: must be given."


@pytest.mark.parametrize(
    ("accept_language", "locale", "language"),
    [
        ("en", "pt-BR", ENGLISH),
        ("pt;q=0.5, en-GB;q=0.9", "", ENGLISH),
        ("fr,en;q=0.1", "", ENGLISH),
        ("en;q=0,pt", "en", PORTUGUESE),
        ("en;q=much", "", PORTUGUESE),
        ("fr, de", "en", ENGLISH),
        ("", "en", ENGLISH),
        ("", "", PORTUGUESE),
        ("*", "", PORTUGUESE),
        (",".join(["fr"] * 1_000) + ",en", "", PORTUGUESE),
    ],
)
def test_the_language_is_what_the_call_asks_for_then_the_persons(
    accept_language: str, locale: str, language: str
) -> None:
    assert negotiate(accept_language, locale) == language


class Scripted:
    async def GetProfile(self, request: GetProfileRequest, call: Call) -> None:
        raise refusals.OrderLimit(limit=10)

    async def StartGuest(self, request: StartGuestRequest, call: Call) -> None:
        raise AssertionError("never reached")


@pytest.mark.parametrize(
    ("header", "locale", "said"),
    [
        ((), "en", ("en", "These are too many tickets for one order. The limit is 10.")),
        ((("accept-language", "pt-PT"),), "en", ("pt-BR", "São ingressos demais para um pedido. O limite é 10.")),
    ],
)
async def test_a_caller_hears_its_own_language(
    stage: Stage, header: tuple[tuple[str, str], ...], locale: str, said: tuple[str, str]
) -> None:
    stage.script("identity", IdentityService=Scripted())
    await stage.start()
    peer = Peer(stage, Identity())
    token = stage.token(Caller(kind=ACCESS_BUYER, subject_id="gst_ana", locale=locale))

    error = await peer.refused("/eventhub.identity.v1.IdentityService/GetProfile", metadata=(*bearer(token), *header))

    details = status.parse(dict(error.trailing_metadata() or ())[status.DETAILS_KEY])
    localized = LocalizedMessage()
    assert [detail.Unpack(localized) for detail in details.details] == [False, True]
    assert (localized.locale, localized.message) == said


async def test_a_client_has_the_words_for_its_people(stage: Stage) -> None:
    stage.script("identity", IdentityService=Scripted())
    await stage.start()

    with pytest.raises(refusals.InvalidRequest) as refused:
        await stage.anyone().identity.StartGuest(StartGuestRequest(guest_id="me", name="Ana", phone="912"))

    wrong = refused.value.fields
    assert refused.value.for_people.startswith("Confira os dados: identificador: um id: gst_ e depois")
    assert refused.value.message.startswith("Please check: guest_id: an id: gst_ and then 26 to 64")
    assert (wrong["phone"].rule, wrong["phone"].for_people) == (
        "string.pattern",
        "um telefone com + e o código do país, como +5511912345678",
    )


def test_violations_travel_in_english_and_in_the_callers_language() -> None:
    refused = refusals.InvalidRequest(fields={"phone": Violation("string.pattern", "a phone number", "um telefone")})
    bad = BadRequest()

    packed = status.pack(refused, PORTUGUESE)
    assert packed.details[2].Unpack(bad)

    (field,) = bad.field_violations
    assert (field.field, field.description, field.reason) == ("phone", "a phone number", "string.pattern")
    assert (field.localized_message.locale, field.localized_message.message) == ("pt-BR", "um telefone")
    assert len(status.pack(refused).details) == 2, "neighbours get no words for people"


def test_people_read_no_names_of_the_contract() -> None:
    payment = [PaymentState.Name(number).removeprefix("PAYMENT_STATE_") for number in PaymentState.values()]
    order = [OrderState.Name(number).removeprefix("ORDER_STATE_") for number in OrderState.values()]
    roles = [Role.Name(number).removeprefix("ROLE_") for number in Role.values()]
    kinds = [
        "BUYER",
        "ORGANIZER",
        "GATE",
        "OPERATOR",
        "DRAFT",
        "PUBLISHING",
        "PUBLISHED",
        "OVER",
        "PROVISIONING",
        "OPEN",
    ]
    methods = ["CARD", "FREE", "BOX_OFFICE", "COMPLIMENTARY"]
    said = {*payment, *order, *roles, *kinds, *methods, "RELEASED"} - {"UNSPECIFIED"}

    assert not {name for name in said if name in {named(name, PORTUGUESE), named(name, ENGLISH)}}
