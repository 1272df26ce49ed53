"""The problems of a seating plan, in words for people."""

import re

from services.kit.language.languages import PORTUGUESE
from services.kit.language.texts import NO_CARD, NO_CONTROL, NO_LINK

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
