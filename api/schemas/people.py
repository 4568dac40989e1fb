"""Users, as asked for and as shown."""

from __future__ import annotations

from typing import Annotated, Literal

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


class UserPatch(Given):
    """What changes about a user; what is left out stays. A disabled user can neither read nor act."""

    roles: list[Role] | None = Field(default=None, max_length=20, examples=[["assignee", "approver"]])
    functions: list[Function] | None = Field(default=None, max_length=100)
    enabled: bool | None = Field(default=None, strict=True, examples=[True])
    email: Email | None = None
    locale: Locale | None = None


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

    @classmethod
    def of(cls, user: User, *, with_email: bool) -> UserShown:
        """Return `user` with every field."""
        return cls.taken(user, email=user.email if with_email else None)


class UserMade(Shown):
    """A new user and their token, which is shown this once; null in production, where it lies in `token_file`."""

    id: UserId
    name: Person
    token: str | None = Field(examples=["QgVOXiaxxw7DbkOXVBDJB_pS0vcXACk8tpJkcFaLJ8A"])
    token_file: str | None = Field(description="Path in the data folder of golive; null in development.")
    token_id: TokenId


class Left(Shown):
    """What is gone."""

    id: TokenId
    revoked: bool = Field(examples=[True])
