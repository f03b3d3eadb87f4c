"""Wire shapes of registration, signing in and the member's own profile."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from socialshop.identity.service import (
    FIRST_YEAR,
    LONGEST_EMAIL,
    LONGEST_NAME,
    LONGEST_PASSWORD,
    SHORTEST_PASSWORD,
    Birthday,
    Born,
    ProfileChanges,
)
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.notifications.service import (
    EVERYTHING,
    Channel,
    Choices,
    Digest,
    HabitChanges,
    Habits,
    Topic,
    shops_habits,
)
from socialshop.onboarding.schemas.wishes import NoticeChoices, NoticeEdit
from socialshop.onboarding.service import Card, Entrance, Invited
from socialshop.web.schemas import Instant, Wire, absent, with_example

Email = Annotated[
    str, StringConstraints(min_length=3, max_length=LONGEST_EMAIL), Field(json_schema_extra={"format": "email"})
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)]
Token = Annotated[str, StringConstraints(min_length=1, max_length=100), Field(repr=False)]
Locale = Literal["zh", "en"]

_MEMBER = {
    "id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "display_name": "林小满",
    "invite_code": "7KQ2M9XWTB",
    "sponsor_id": None,
    "tier": "normal",
}
_PROFILE = {
    **_MEMBER,
    "email": "xiaoman@example.com",
    "email_verified": False,
    "role": "member",
    "locale": "zh",
    "time_zone": "Asia/Shanghai",
    "joined_at": "2026-01-31T12:00:00Z",
    "notices": {
        channel: {
            "rooms": True,
            "reminders": True,
            "orders": True,
            "invites": True,
            "earnings": True,
            "membership": True,
            "community": True,
            "circles": True,
        }
        for channel in ("in_app", "email")
    }
    | {"quiet": {"from_hour": 22, "until_hour": 8}, "digest": "never"},
}
_TOKEN = "gk0e8V2mT1vO6qfZ4rWcXb9sYdJhLpNuA3iE5tKxQzM"  # noqa: S105  (an example, opens nothing)

_BIRTHDAY = {
    "month": 2,
    "day": 29,
    "year": None,
    "set_at": "2026-01-31T12:00:00Z",
    "changeable_at": "2027-01-31T12:00:00Z",
}


def _agreed(accepted: bool) -> bool:
    # Not Literal[True]: 1 equals True, so it would pass.
    if not accepted:
        raise ValueError("nobody becomes a member without accepting the terms")
    return accepted


NewPassword = Annotated[str, StringConstraints(min_length=SHORTEST_PASSWORD, max_length=LONGEST_PASSWORD)]
Accepted = Annotated[bool, AfterValidator(_agreed), WithJsonSchema({"const": True})]


class Registration(Wire):
    """A person who wants to become a member; `invite_code` binds to a sponsor for good."""

    model_config = with_example(
        {
            "email": "xiaoman@example.com",
            "password": "correct horse battery",
            "display_name": "林小满",
            "accept_terms": True,
        }
    )

    email: Email
    password: NewPassword = Field(repr=False)
    display_name: Name
    accept_terms: Accepted
    invite_code: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None


class Credentials(Wire):
    """What a member signs in with."""

    model_config = with_example({"email": "xiaoman@example.com", "password": "correct horse battery"})

    email: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_EMAIL)]
    password: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_PASSWORD)] = Field(repr=False)


class EmailToAttach(Wire):
    """The e-mail that an imported member is to sign in with."""

    model_config = with_example({"email": "xiaoman@example.com"})

    email: Email


class Claiming(Wire):
    """The token that the shop gave, and the password to sign in with from now on."""

    model_config = with_example({"token": _TOKEN, "password": "correct horse battery", "accept_terms": True})

    token: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(repr=False)
    password: NewPassword = Field(repr=False)
    accept_terms: Accepted


class ProfileEdit(Wire):
    """What is given changes, what is absent stays; a time zone of null is the shop's again."""

    model_config = with_example({"display_name": "小满", "locale": "en", "notices": {"email": {"rooms": False}}})

    display_name: Name = absent()
    locale: Locale = absent()
    time_zone: Annotated[str, StringConstraints(min_length=1, max_length=60)] | None = absent()
    notices: NoticeEdit = absent()

    def changes(self) -> ProfileChanges:
        """Only what was given of the profile."""
        return cast(ProfileChanges, self.model_dump(exclude_unset=True, exclude={"notices"}))

    def choices(self) -> dict[tuple[Channel, Topic], bool]:
        """Only what was given of the choices."""
        given = self.model_dump(exclude_unset=True, include={"notices": {"in_app", "email"}}).get("notices", {})
        return {
            (Channel(channel), Topic(topic)): wanted
            for channel, topics in given.items()
            for topic, wanted in topics.items()
        }

    def habits(self) -> HabitChanges:
        """Only what was given of when the member wishes to be written to."""
        given = self.notices.model_fields_set if "notices" in self.model_fields_set else frozenset()
        changes: HabitChanges = {}
        if "quiet" in given:
            quiet = self.notices.quiet
            changes["quiet"] = None if quiet is None else (quiet.from_hour, quiet.until_hour)
        if "digest" in given:
            changes["digest"] = Digest(self.notices.digest)
        return changes


class MemberWire(Wire):
    """A member."""

    model_config = with_example(_MEMBER)

    id: str
    display_name: str
    invite_code: str
    sponsor_id: str | None
    tier: str

    @classmethod
    def of(cls, card: Card) -> MemberWire:
        """The wire form of a card, without what is the member's alone."""
        return cls(**_public(card))


class Profile(MemberWire):
    """All that a member sees of itself."""

    model_config = with_example(_PROFILE)

    email: str | None
    email_verified: bool
    role: Role
    locale: str
    time_zone: str
    joined_at: Instant
    notices: NoticeChoices

    @classmethod
    def with_choices(cls, card: Card, choices: Choices, habits: Habits) -> Profile:
        """The wire form of a card, and of what its member wants to hear."""
        names = ("email", "email_verified", "role", "locale", "time_zone", "joined_at")
        own = {name: getattr(card, name) for name in names}
        return cls(**_public(card), **own, notices=NoticeChoices.of(choices, habits))


class ClaimWire(Wire):
    """Who may claim the account, and the token to do it with: told this once."""

    model_config = with_example({"member": _PROFILE, "token": _TOKEN, "expires_at": "2026-02-07T12:00:00Z"})

    member: Profile
    token: str
    expires_at: Instant

    @classmethod
    def of(cls, invited: Invited) -> ClaimWire:
        """The wire form of an opened claim."""
        return cls(
            member=Profile.with_choices(invited.card, EVERYTHING, shops_habits(invited.card.own_time_zone)),
            token=invited.claim.token,
            expires_at=invited.claim.expires_at,
        )


class Registered(Wire):
    """The new member, signed in."""

    model_config = with_example({"member": _MEMBER, "token": _TOKEN})

    member: MemberWire
    token: str

    @classmethod
    def of(cls, entrance: Entrance) -> Registered:
        """The wire form of a registration."""
        return cls(member=MemberWire.of(entrance.card), token=entrance.session.token)


class SessionOpened(Wire):
    """The session's token, told this once, and whose it is."""

    model_config = with_example({"token": _TOKEN, "expires_at": "2026-03-02T12:00:00Z", "member": _MEMBER})

    token: str
    expires_at: Instant
    member: MemberWire

    @classmethod
    def of(cls, entrance: Entrance) -> SessionOpened:
        """The wire form of a sign-in."""
        session = entrance.session
        return cls(token=session.token, expires_at=session.expires_at, member=MemberWire.of(entrance.card))


class EmailAsked(Wire):
    """Whose password is forgotten."""

    model_config = with_example({"email": "xiaoman@example.com"})

    email: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_EMAIL)]


class EmailChange(Wire):
    """The address that is to be yours, and the password that you sign in with."""

    model_config = with_example({"email": "xiaoman@example.org", "current_password": "correct horse battery"})

    email: Email
    current_password: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_PASSWORD)] = Field(repr=False)


class BirthdayTold(Wire):
    """The day on which you were born; the year is yours to keep."""

    model_config = with_example({"month": 2, "day": 29})

    month: Annotated[int, Field(ge=1, le=12)]
    day: Annotated[int, Field(ge=1, le=31)]
    year: Annotated[int, Field(ge=FIRST_YEAR, le=9999)] | None = None

    def born(self) -> Born:
        """The day as identity has it."""
        return Born(self.month, self.day, self.year)


class BirthdayWire(Wire):
    """Your birthday, and from when on you may change it."""

    model_config = with_example(_BIRTHDAY)

    month: int
    day: int
    year: int | None
    set_at: Instant
    changeable_at: Instant

    @classmethod
    def of(cls, birthday: Birthday) -> BirthdayWire:
        """The wire form of a birthday."""
        return cls(
            **birthday.born._asdict(),
            set_at=birthday.set_at,
            changeable_at=birthday.changeable_at,
        )


class OwnBirthday(Wire):
    """Your birthday; null as long as you have told none."""

    model_config = with_example({"birthday": _BIRTHDAY})

    birthday: BirthdayWire | None


class PasswordReset(Wire):
    """The token of the link that came by mail, and the password from now on."""

    model_config = with_example({"token": _TOKEN, "password": "correct horse battery"})

    token: Token
    password: NewPassword = Field(repr=False)


class VerifiedEmail(Wire):
    """The token of the link that came by mail."""

    model_config = with_example({"token": _TOKEN})

    token: Token


def _public(card: Card) -> dict[str, Any]:
    return {
        "id": to_public("mbr", card.member_id),
        "display_name": card.display_name,
        "invite_code": card.invite_code,
        "sponsor_id": to_public("mbr", card.sponsor_id) if card.sponsor_id else None,
        "tier": card.tier,
    }
