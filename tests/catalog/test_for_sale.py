"""The name of a category of seats says whether it is sold, unless the organizer says otherwise."""

import pytest

from services.catalog.plans.categories import for_sale


@pytest.mark.parametrize(
    "name",
    [
        *("NOT AVAILABLE", "NOT_AVAILABLE", "notavailable", "NotAvailable", "not-for-sale", "Tech: not for sale"),
        *("Bloqueado", "Não à venda", "Indisponíveis", "nao_disponivel", "Lugar não disponível", "Não vender"),
        *("Sem venda", "Interditado", "Fileira interditada", "Visão bloqueada, não vender", "Vista mar - bloqueado"),
    ],
)
def test_a_category_may_say_that_it_is_not_for_sale(name: str) -> None:
    assert not for_sale(name)


@pytest.mark.parametrize(
    "name",
    [
        *("Plateia", "Available", "Venda antecipada", "Block A", "Camarote 1", "Visão parcial", "Visão bloqueada"),
        *("Visão do palco bloqueada", "Vista parcialmente bloqueada", "Blocked-view", "Partially blocked view"),
        *("View blocked", "BLOCKED_VIEW"),
    ],
)
def test_other_categories_are_for_sale(name: str) -> None:
    assert for_sale(name)
