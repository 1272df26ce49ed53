"""The roles of members: the contract's names and numbers."""

from eventhub.common.v1.options_pb2 import Role
from services.identity.accounts import MemberRole


def test_roles_are_those_of_the_contract() -> None:
    """REMOVED has the number of ROLE_UNSPECIFIED: a removed member has no role."""
    given = {f"ROLE_{role.name}": role.value for role in MemberRole if role != MemberRole.REMOVED}

    assert {**given, "ROLE_UNSPECIFIED": MemberRole.REMOVED} == dict(Role.items())
