"""Users, as asked for and as shown."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from api.schemas.given import Given
from api.schemas.named import FunctionName, Person, TokenId, UserId
from api.schemas.shown import Moment, Shown
from db.people import User
from golive.vocabulary import EMAIL, Function, Role, UserName

Email = Annotated[str, StringConstraints(pattern=EMAIL, max_length=254)]
Locale = Literal["en", "zh"]

_RESERVED = {"me", "golive", "anonymous"}
"""`me` stands for who asks; in the other names golive itself and tokens that nobody has are written down."""


def _not_reserved(name: str) -> str:
    if name.lower() in _RESERVED:
        raise PydanticCustomError("name_reserved", "it is reserved", {"name": name})
    return name


NewName = Annotated[
    UserName, AfterValidator(_not_reserved), Field(json_schema_extra={"not": {"enum": sorted(_RESERVED)}})
]


class UserGiven(Given):
    """A new user. Functions are what the person does in a go-live."""

    name: NewName = Field(examples=["ann"])
    roles: list[Role] = Field(max_length=20, examples=[["assignee", "approver"]])
    functions: list[Function] = Field(default=[], max_length=100, examples=[["qa"]])
    email: Email | None = None
    locale: Locale | None = None


_TAKEN_AWAY = ("email", "locale", "manager")


class UserPatch(Given):
    """What changes about a user; what is left out stays, null takes an address, a language or a manager away.

    A disabled user can neither read nor act.
    """

    roles: list[Role] | None = Field(default=None, max_length=20, examples=[["assignee", "approver"]])
    functions: list[Function] | None = Field(default=None, max_length=100)
    enabled: bool | None = Field(default=None, strict=True, examples=[True])
    email: Email | None = None
    locale: Locale | None = None
    manager: UserName | None = Field(default=None, examples=["bo"], description="Another user, by name.")

    def changes(self) -> dict[str, Any]:
        """Return what is to change: null stands for no address, language or manager, and elsewhere for nothing."""
        given = self.model_dump(exclude_unset=True)
        return {name: value for name, value in given.items() if value is not None or name in _TAKEN_AWAY}


class UserShown(Shown):
    """A user. `email` is shown to administrators and to the person."""

    id: UserId
    name: Person
    roles: list[Role]
    functions: list[FunctionName]
    email: str | None
    locale: Locale | None
    enabled: bool = Field(examples=[True])
    created_at: Moment
    manager: Person | None = Field(description="Whom rules mean by this user's manager.")

    @classmethod
    def of(cls, user: User, *, with_email: bool) -> UserShown:
        """Return `user` with every field."""
        return cls.taken(user, email=user.email if with_email else None)


EnrolmentUrl = Annotated[
    str,
    Field(
        description="Where the user chooses a password, once.",
        examples=["https://golive.example.com/enrol/pu3cqkLIhPYOkbXoDPcHy9mFz6WgkGzUJ4n_0CRq7hE"],
    ),
]
EnrolmentEnd = Annotated[Moment, Field(description="When the link stops working, used or not.")]


class UserMade(Shown):
    """A new user, the link at which they choose a password and, outside of production, a token, shown this once."""

    id: UserId
    name: Person
    enrolment_url: EnrolmentUrl
    enrolment_ends_at: EnrolmentEnd
    token: str | None = Field(
        description="Null in production.", examples=["QgVOXiaxxw7DbkOXVBDJB_pS0vcXACk8tpJkcFaLJ8A"]
    )
    token_id: TokenId | None = Field(description="Null in production.")


class EnrolmentMade(Shown):
    """A one-time link, which ends those that the user had before."""

    name: Person
    enrolment_url: EnrolmentUrl
    enrolment_ends_at: EnrolmentEnd


class Left(Shown):
    """What is gone."""

    id: TokenId
    revoked: bool = Field(examples=[True])
