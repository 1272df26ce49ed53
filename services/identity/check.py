"""Checks of requests to identity that the contract's rules on fields cannot express."""

from collections.abc import Iterable

from eventhub.identity.v1.identity_service_pb2 import (
    RegisterOrganizerRequest,
    StartGuestRequest,
    UpdateOrganizerProfileRequest,
)
from eventhub.refusals import InvalidRequest
from services.identity import addresses, cpf, password_rules
from services.identity.profiles import FIELDS
from services.kit.language import invalid


def register_organizer(request: RegisterOrganizerRequest) -> None:
    """Raises InvalidRequest if the password is easy to guess."""
    new_password(request.password, field="password", known=(addresses.normalize(request.email), request.owner_name))


def update_organizer_profile(request: UpdateOrganizerProfileRequest) -> None:
    """Raises InvalidRequest if update_mask names no field or an unknown one, or if the call clears the name."""
    names = set(request.update_mask.paths)
    if not names or names - FIELDS.keys():
        known = ", ".join(FIELDS)
        raise invalid("update_mask", "field_mask.in", f"some of {known}", f"alguns destes: {known}")
    if "name" in names and not request.name:
        raise invalid("name", "required", "must be given", "é obrigatório")


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
