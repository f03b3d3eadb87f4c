"""Registration, signing in and the member's own profile over HTTP."""

from __future__ import annotations

from socialshop.identity import service as identity
from socialshop.identity.errors import TokenNotValid
from socialshop.identity.service import (
    TERMS_VERSION,
    BirthdayKept,
    ClaimRefused,
    EmailTaken,
    NewMember,
    WrongCredentials,
    WrongPassword,
    email_asked_for,
)
from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.invites import visitors
from socialshop.invites.errors import InviteCodeUnknown, InviteLinkClosed
from socialshop.kernel.ids import to_public
from socialshop.notifications import service as notifications
from socialshop.onboarding import applying, service
from socialshop.onboarding.errors import AlreadyLeads, ApplicationWaits
from socialshop.onboarding.schemas import (
    BirthdayTold,
    BirthdayWire,
    Claiming,
    Credentials,
    EmailAsked,
    EmailChange,
    OwnBirthday,
    PasswordReset,
    Profile,
    ProfileEdit,
    Registered,
    Registration,
    SessionOpened,
    VerifiedEmail,
)
from socialshop.onboarding.schemas.applying import Application, ApplicationPage, ApplicationWire
from socialshop.onboarding.service import Card
from socialshop.web import limits
from socialshop.web.auth import BUYERS, PUBLIC, SIGNED_IN, Caller
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("onboarding", __name__, tag="Members")


@room.operation(
    "POST",
    "/members",
    access=PUBLIC,
    body=Registration,
    replies=Reply(201, Registered, "A member, signed in."),
    refuses=(EmailTaken, InviteCodeUnknown, InviteLinkClosed),
    limit=limits.REGISTRATIONS,
)
def register(call: Call[Registration, Nothing]) -> Answer:
    """Become a member.

    An invite code, or the cookie of a link that was followed, binds the new member to the link's owner for good; the
    token is told this once.
    """
    settings = wired.settings()
    body = call.body
    person = NewMember(
        email=body.email,
        password=body.password,
        display_name=body.display_name,
        terms_version=TERMS_VERSION,
    )

    def enter(uow: UnitOfWork) -> Answer:
        arrival = service.Arrival(
            body.invite_code, visitors.touch(uow.now), visitors.known_visitor(), visitors.signals()
        )
        entrance = service.register(uow, person, arrival, session_days=settings.session_days)
        return Answer(Registered.of(entrance), 201)

    return call.transact(enter)


@room.operation(
    "POST",
    "/sessions",
    access=PUBLIC,
    body=Credentials,
    replies=Reply(201, SessionOpened, "Signed in."),
    refuses=(WrongCredentials, limits.TooManyAttempts),
)
def open_session(call: Call[Credentials, Nothing]) -> Answer:
    """Sign in.

    The token is told this once. After ten failures for one e-mail from one address the pair waits; after a hundred
    from all addresses the e-mail does.
    """
    # Every spelling of an e-mail address finds one member, so all count together.
    email, password = email_asked_for(call.body.email), call.body.password
    days = wired.settings().session_days

    def enter(uow: UnitOfWork) -> Answer:
        visitor, signals = visitors.known_visitor(), visitors.signals()
        entrance = service.sign_in(uow, email, password, session_days=days, visitor=visitor, signals=signals)
        return Answer(SessionOpened.of(entrance), 201)

    with limits.counted(email, WrongCredentials):
        return call.transact(enter)


@room.operation(
    "POST",
    "/members/claims",
    access=PUBLIC,
    body=Claiming,
    replies=Reply(201, SessionOpened, "Signed in."),
    refuses=(ClaimRefused,),
    limit=limits.REGISTRATIONS,
)
def claim_account(call: Call[Claiming, Nothing]) -> Answer:
    """Set the first password of an account that the shop brought along, with the token that the shop gave you.

    The claim's token is good once; the session's is told this once.
    """
    body, days = call.body, wired.settings().session_days

    def enter(uow: UnitOfWork) -> Answer:
        visitor, signals = visitors.known_visitor(), visitors.signals()
        entrance = service.claim(uow, body.token, body.password, session_days=days, visitor=visitor, signals=signals)
        return Answer(SessionOpened.of(entrance), 201)

    return call.transact(enter)


@room.operation("GET", "/me", access=SIGNED_IN, replies=Reply(200, Profile, "Your profile."))
def show_me(call: Call[Nothing, Nothing]) -> Answer:
    """Your own profile."""
    return call.transact(lambda uow: _profile(uow, call.caller, service.card_of(uow, call.caller.member_id)))


@room.operation(
    "PATCH", "/me", access=SIGNED_IN, body=ProfileEdit, replies=Reply(200, Profile, "Your profile, changed.")
)
def edit_me(call: Call[ProfileEdit, Nothing]) -> Answer:
    """Change your profile: what is given changes, what is absent stays."""
    changes, choices, habits = call.body.changes(), call.body.choices(), call.body.habits()

    def edit(uow: UnitOfWork) -> Answer:
        card = service.edit_profile(uow, call.caller.member_id, changes)
        notifications.choose(uow, call.caller.number, choices)
        notifications.keep_habits(uow, call.caller.number, habits)
        return _profile(uow, call.caller, card)

    return call.transact(edit)


@room.operation(
    "POST",
    "/me/email-verifications",
    access=SIGNED_IN,
    replies=Reply(202, Nothing, "A mail is on its way, unless there is no address or it is verified."),
    limit=limits.MAIL_REQUESTS,
)
def request_email_verification(call: Call[Nothing, Nothing]) -> Answer:
    """Have a mail sent with a link that shows that your e-mail address is yours."""

    def ask(uow: UnitOfWork) -> Answer:
        notifications.request_email_verification(uow, call.caller.number)
        return Answer(Nothing(), 202)

    return call.transact(ask)


@room.operation(
    "POST",
    "/members/email-verifications",
    access=PUBLIC,
    body=VerifiedEmail,
    replies=Reply(204, None, "The address is verified."),
    refuses=(TokenNotValid,),
    limit=limits.MAIL_REQUESTS,
)
def verify_email(call: Call[VerifiedEmail, Nothing]) -> Answer:
    """Show that an e-mail address is yours, by the token of the link that was sent to it."""

    def verify(uow: UnitOfWork) -> Answer:
        identity.verify_email(uow, call.body.token)
        return Answer(status=204)

    return call.transact(verify)


@room.operation(
    "POST",
    "/members/password-resets",
    access=PUBLIC,
    body=EmailAsked,
    replies=Reply(202, Nothing, "If somebody signs in with this address, a mail is on its way."),
    limit=limits.MAIL_REQUESTS,
)
def request_password_reset(call: Call[EmailAsked, Nothing]) -> Answer:
    """Have a mail sent with a link to a new password.

    The answer is the same whether or not the shop knows the address. One mail in two minutes and five a day are sent.
    """
    email = identity.email_asked_for(call.body.email)

    def ask(uow: UnitOfWork) -> Answer:
        notifications.request_password_reset(uow, email)
        return Answer(Nothing(), 202)

    return call.transact(ask)


@room.operation(
    "POST",
    "/members/password-resets/completion",
    access=PUBLIC,
    body=PasswordReset,
    replies=Reply(204, None, "The password is set; every session has ended."),
    refuses=(TokenNotValid,),
    limit=limits.MAIL_REQUESTS,
)
def reset_password(call: Call[PasswordReset, Nothing]) -> Answer:
    """Set a new password, by the token of the link that came by mail; whoever was signed in is signed out."""
    body = call.body

    def reset(uow: UnitOfWork) -> Answer:
        identity.reset_password(uow, body.token, body.password)
        return Answer(status=204)

    return call.transact(reset)


@room.operation(
    "POST",
    "/me/email",
    access=SIGNED_IN,
    body=EmailChange,
    replies=Reply(
        202, Nothing, "A mail is on its way to the new address; the present one stays until it is confirmed."
    ),
    refuses=(EmailTaken, WrongPassword, limits.TooManyAttempts),
    limit=limits.MAIL_REQUESTS,
)
def change_email(call: Call[EmailChange, Nothing]) -> Answer:
    """Ask for another e-mail address; your present one is told of it. Wrong passwords are counted as at signing in."""
    body, caller = call.body, call.caller
    whose = to_public("mbr", caller.member_id)

    def ask(uow: UnitOfWork) -> Answer:
        identity.ask_email_change(uow, caller.member_id, body.email, body.current_password)
        notifications.request_email_change(uow, caller.number)
        return Answer(Nothing(), 202)

    with limits.counted(whose, WrongPassword):
        return call.transact(ask)


@room.operation(
    "POST",
    "/members/email-changes",
    access=PUBLIC,
    body=VerifiedEmail,
    replies=Reply(204, None, "The address is yours, and verified."),
    refuses=(TokenNotValid, EmailTaken),
    limit=limits.MAIL_REQUESTS,
)
def confirm_email_change(call: Call[VerifiedEmail, Nothing]) -> Answer:
    """Show that a new e-mail address is yours, by the token of the link that was sent to it."""

    def confirm(uow: UnitOfWork) -> Answer:
        identity.confirm_email_change(uow, call.body.token)
        return Answer(status=204)

    return call.transact(confirm)


@room.operation(
    "GET",
    "/me/birthday",
    access=SIGNED_IN,
    replies=Reply(200, OwnBirthday, "Your birthday."),
)
def show_birthday(call: Call[Nothing, Nothing]) -> Answer:
    """Your birthday, if you have told it."""

    def read(uow: UnitOfWork) -> Answer:
        birthday = identity.birthday_of(uow, call.caller.member_id)
        return Answer(OwnBirthday(birthday=BirthdayWire.of(birthday) if birthday else None))

    return call.transact(read)


@room.operation(
    "POST",
    "/me/birthday",
    access=SIGNED_IN,
    body=BirthdayTold,
    replies=Reply(200, BirthdayWire, "Your birthday, as it is known from now on."),
    refuses=(BirthdayKept,),
)
def tell_birthday(call: Call[BirthdayTold, Nothing]) -> Answer:
    """Tell your birthday; another can be told 365 days later.

    Who was born on 29 February celebrates on the 28th in common years.
    """
    born, zone = call.body.born(), wired.settings().time_zone

    def tell(uow: UnitOfWork) -> Answer:
        kept = identity.set_birthday(uow, call.caller.member_id, born, zone=zone)
        return Answer(BirthdayWire.of(kept))

    return call.transact(tell)


def _profile(uow: UnitOfWork, caller: Caller, card: Card) -> Answer:
    return Answer(Profile.with_choices(card, *notifications.wishes_of(uow, caller.number)))


@room.operation(
    "POST",
    "/me/leader-applications",
    access=BUYERS,
    body=Application,
    replies=Reply(201, ApplicationWire, "Your application: an admin answers it."),
    refuses=(AlreadyLeads, ApplicationWaits),
)
def apply_to_lead(call: Call[Application, Nothing]) -> Answer:
    """Ask to become a leader, who makes deals from goods that the shop opens to them."""
    body, caller = call.body, call.caller

    def ask(uow: UnitOfWork) -> Answer:
        made = applying.apply_to_lead(uow, caller.number, caller.role, body.reason, body.channels)
        return Answer(ApplicationWire.of(made), 201)

    return call.transact(ask)


@room.operation(
    "GET",
    "/me/leader-applications",
    access=SIGNED_IN,
    query=PageQuery,
    replies=Reply(200, ApplicationPage, "Your applications, the newest first."),
)
def list_own_applications(call: Call[Nothing, PageQuery]) -> Answer:
    """What you asked, and what the shop answered."""
    query = call.query

    def read(uow: UnitOfWork) -> Answer:
        found = applying.applications_of(uow, call.caller.number, query.after(), query.limit + 1)
        rows, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(ApplicationPage(data=[ApplicationWire.of(row) for row in rows], next_cursor=cursor))

    return call.transact(read)
