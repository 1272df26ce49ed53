"""identity's values as the contract's messages, and back."""

from eventhub.common.v1.feed_pb2 import Fact
from eventhub.common.v1.options_pb2 import ACCESS_BUYER, ACCESS_GATE, ACCESS_ORGANIZER, Role
from eventhub.common.v1.picture_pb2 import Picture
from eventhub.identity.v1 import identity_pb2 as nouns
from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.identity.v1.identity_events_pb2 import TokensRevoked
from services.identity import addresses
from services.identity.accounts import Account, Member, MemberRole, Membership, Organizer
from services.identity.guests import DEFAULT_LOCALE, Guest
from services.identity.keys import HashedKind, KeyRing, SigningKey, hashed
from services.identity.participants import counted_by
from services.identity.profiles import Profile
from services.identity.signin.signins import Claim, Code, Gate
from services.kit.rpc import Call, Caller
from services.kit.values import fingerprint, to_timestamp


def organizer(request: pb.RegisterOrganizerRequest) -> Organizer:
    """The organizer of a registration."""
    return Organizer(request.organizer_id, request.name, content_hash(request, without="password"))


def organizer_profile(request: pb.UpdateOrganizerProfileRequest, organizer_id: str) -> Profile:
    """The profile of an organizer that a request describes."""
    return Profile(
        organizer_id=organizer_id,
        name=request.name,
        about=request.about,
        picture_url=request.picture.url,
        picture_alt=request.picture.alt,
        email=request.email,
        phone=request.phone,
        site=request.site,
    )


def organizer_profile_pb(profile: Profile) -> nouns.OrganizerProfile:
    """The contract's OrganizerProfile."""
    picture = Picture(url=profile.picture_url, alt=profile.picture_alt) if profile.picture_url else None
    return nouns.OrganizerProfile(
        organizer_id=profile.organizer_id,
        name=profile.name,
        about=profile.about,
        picture=picture,
        email=profile.email,
        phone=profile.phone,
        site=profile.site,
    )


def owner(request: pb.RegisterOrganizerRequest) -> Account:
    """The account of a registration, without its password."""
    return Account(
        account_id=request.account_id,
        email=addresses.normalize(request.email),
        name=request.owner_name,
        locale=request.locale or DEFAULT_LOCALE,
    )


def invited_account(request: pb.AddMemberRequest, call: Call) -> Account:
    """The account of an invitation, in the language of the call."""
    return Account(
        account_id=request.account_id,
        email=addresses.normalize(request.email),
        name=request.name,
        locale=call.language,
    )


def role(request: pb.AddMemberRequest) -> MemberRole:
    """The role of an invitation."""
    return MemberRole(request.role)


def guest(request: pb.StartGuestRequest, ring: KeyRing) -> Guest:
    """The guest of a session about to begin."""
    return Guest(
        guest_id=ring.guest_subject(request.guest_id),
        content_hash=content_hash(request, without="guest_id"),
        name=request.name,
        email=addresses.normalize(request.email),
        phone=request.phone,
        cpf=request.cpf,
        locale=request.locale or DEFAULT_LOCALE,
    )


def customer(request: pb.KeepCustomerRequest, ring: KeyRing) -> Guest:
    """A person at the counter whose contact a clerk typed for one order. The subject is derived from the order and the
    contact, so a repeat finds it."""
    email = addresses.normalize(request.email)
    named = (request.order_id, request.name, email, request.phone, request.locale)
    return Guest(
        guest_id=ring.customer_subject(named),
        name=request.name,
        email=email,
        phone=request.phone,
        locale=request.locale or DEFAULT_LOCALE,
        customer=True,
    )


def claim(request: pb.RedeemAccessCodeRequest, call: Call, newcomer_id: str) -> Claim:
    """The claims of a caller who redeems a code. newcomer_id: the subject of a new guest if the address has none."""
    caller = call.caller
    return Claim(
        email=addresses.normalize(request.email),
        organizer_id=request.organizer_id,
        session_id=caller.subject_id if caller.is_buyer or caller.is_member else "",
        newcomer_id=newcomer_id,
        locale=call.locale,
    )


def gate(request: pb.EnrollGateRequest, organizer_id: str, secret: str) -> Gate:
    """The gate of an enrolment with a new secret."""
    return Gate(
        device_id=request.device_id,
        organizer_id=organizer_id,
        event_id=request.event_id,
        name=request.name,
        secret_hash=hashed(secret),
    )


def content_hash(request: pb.RegisterOrganizerRequest | pb.StartGuestRequest, *, without: str) -> str:
    """A hash of a request's content, with the address in the form that is compared: two requests with one id are a
    repeat if it is equal. without: the secret field to leave out."""
    content = type(request)()
    content.CopyFrom(request)  # type: ignore[arg-type]  # it is of its own type
    content.email = addresses.normalize(request.email)
    content.ClearField(without)  # type: ignore[arg-type]  # one of its fields
    return fingerprint(content)


def caller(person: Membership | Guest) -> Caller:
    """The caller that a member or guest acts as."""
    if isinstance(person, Guest):
        return Caller(kind=ACCESS_BUYER, subject_id=person.subject_id, proven=person.verified, locale=person.locale)
    return Caller(
        kind=ACCESS_ORGANIZER,
        subject_id=person.subject_id,
        organizer_id=person.organizer_id,
        role=Role.ValueType(person.role),
        proven=person.proven,
        locale=person.locale,
    )


def gate_caller(gate: Gate) -> Caller:
    """The caller that a gate device acts as."""
    return Caller(
        kind=ACCESS_GATE,
        subject_id=gate.device_id,
        organizer_id=gate.organizer_id,
        event_id=gate.event_id,
        name=gate.name,
        secret_id=gate.secret_id,
    )


def tokens_pb(access_token: str, caller: Caller, refresh_token: str) -> nouns.Tokens:
    """The tokens of a caller, whose expiry is that of the access token. refresh_token: empty for none."""
    return nouns.Tokens(
        access_token=access_token,
        expires_at=to_timestamp(caller.expires_at_us),
        refresh_token=refresh_token,
        subject_id=caller.subject_id,
        organizer_id=caller.organizer_id,
    )


def member_pb(member: Member) -> nouns.Member:
    """A member as the organizer's other members see them."""
    return nouns.Member(
        account_id=member.account.account_id,
        name=member.account.name,
        email=member.account.email,
        role=Role.ValueType(member.role),
        invited=member.invited,
    )


def gate_pb(gate: Gate) -> nouns.GateDevice:
    """An enrolled gate."""
    return nouns.GateDevice(device_id=gate.device_id, event_id=gate.event_id, name=gate.name)


def signing_key_pb(key: SigningKey) -> nouns.SigningKey:
    """The public half of a key."""
    return nouns.SigningKey(key_id=key.key_id, x=key.x)


def profile_pb(caller: Caller, person: Account | Guest) -> pb.GetProfileResponse:
    """A caller's own data."""
    return pb.GetProfileResponse(
        subject_id=caller.subject_id,
        organizer_id=caller.organizer_id,
        role=caller.role,
        name=person.name,
        email=person.email,
        email_verified=person.verified,
        locale=person.locale,
    )


def contact_pb(person: Account | Guest, ring: KeyRing) -> pb.GetContactResponse:
    """A person's contact data. An account has no phone."""
    return pb.GetContactResponse(
        name=person.name,
        email=person.email,
        phone=person.phone if isinstance(person, Guest) else "",
        locale=person.locale,
        proven=person.verified,
        mailbox_key=ring.keyed_hash(HashedKind.MAILBOX, addresses.mailbox(person.email)),
    )


def participant_pb(person: Account | Guest, ring: KeyRing) -> pb.GetParticipantResponse:
    """The keys by which a person is counted."""
    return pb.GetParticipantResponse(
        participant_keys=[ring.keyed_hash(kind, value) for kind, value in counted_by(person)]
    )


def access_code_pb(code: Code, ring: KeyRing) -> pb.GetAccessCodeResponse:
    """The content of the mail that brings a code."""
    return pb.GetAccessCodeResponse(
        email=code.email,
        code=ring.code_digits(code.code_id, code.email, code.digits),
        locale=code.locale,
        expires_at=to_timestamp(code.expires_us),
    )


def revocations_pb(fact: Fact) -> pb.WatchRevocationsResponse:
    """The ids that a TokensRevoked fact names."""
    return pb.WatchRevocationsResponse(revoked_ids=TokensRevoked.FromString(fact.payload).revoked_ids)
