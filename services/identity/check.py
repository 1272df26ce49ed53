"""Checks of requests to identity that the contract's rules on fields cannot express."""

from collections.abc import Iterable

from eventhub.identity.v1.identity_service_pb2 import RegisterOrganizerRequest, StartGuestRequest
from eventhub.refusals import InvalidRequest
from services.identity import addresses, cpf, password_rules
from services.kit.language import invalid


def register_organizer(request: RegisterOrganizerRequest) -> None:
    """Raises InvalidRequest if the password is easy to guess."""
    new_password(request.password, field="password", known=(addresses.normalize(request.email), request.owner_name))


def start_guest(request: StartGuestRequest) -> None:
    """Raises InvalidRequest if the check digits of a CPF are wrong."""
    if request.cpf and not cpf.is_valid(request.cpf):
        raise invalid(
            "cpf", "cpf.digits", "a CPF whose check digits are right", "um CPF com os dígitos verificadores certos"
        )


def new_password(password: str, *, field: str, known: Iterable[str]) -> None:
    """Raises InvalidRequest for a field if its password breaks a rule. known: the owner's e-mail and names, which
    strangers may know."""
    violation = password_rules.violation_of(password, known)
    if violation is not None:
        raise InvalidRequest("The password is too easy to guess.", fields={field: violation})
