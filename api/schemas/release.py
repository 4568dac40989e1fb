"""The release, as given and as shown."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.given import Given, Instant, Line, Name, Prose, ShortName, Values
from api.schemas.named import Environment, Nth, Person, Service, Sha256, Version
from api.schemas.shown import Moment, Shown
from golive.plan import Artifact, ExternalRef, Release
from golive.planning import StartRequest
from golive.recording import Build
from golive.vocabulary import WEB, Digest, Function, Key, UserName


class ArtifactGiven(Given):
    """A built thing that goes live, named by the digest of its bytes."""

    name: Line = Field(examples=["checkout-1.4.0.tar.gz"])
    digest: Digest = Field(examples=["sha256:" + "ab" * 32])


class ExternalRefGiven(Given):
    """The same release in another system."""

    system: ShortName = Field(examples=["jira"])
    id: Line = Field(examples=["REL-42"])
    url: str | None = Field(default=None, max_length=2000, pattern=WEB)


class ReleaseGiven(Given):
    """What goes live. `authors` made the artifact, so they do not sign it."""

    service: Name = Field(examples=["checkout"])
    version: Name = Field(examples=["1.4.0"])
    environment: ShortName = "production"
    artifacts: list[ArtifactGiven] = Field(min_length=1, max_length=100)
    authors: list[UserName] = Field(default=[], max_length=200)
    scope: Prose | None = None
    external_refs: list[ExternalRefGiven] = Field(default=[], max_length=50)

    def release(self) -> Release:
        """Return the release that is meant."""
        return Release(
            service=self.service,
            version=self.version,
            environment=self.environment,
            artifacts=tuple(Artifact(name=a.name, digest=a.digest) for a in self.artifacts),
            authors=tuple(dict.fromkeys(self.authors)),
            scope=self.scope or None,
            external_refs=tuple(ExternalRef(system=r.system, id=r.id, url=r.url) for r in self.external_refs),
        )


class StartGiven(Given):
    """Which template to start for which release, and who acts in it.

    A function that `people` does not name is done by all enabled users who have it; functions that the
    template does not use are ignored.
    """

    template: Key = Field(examples=["saas-standard"])
    title: Line | None = Field(default=None, description="Default: service and version.")
    parameters: Values = Field(default={}, examples=[{"pace": "demo"}])
    release: ReleaseGiven
    people: dict[Function, Annotated[list[UserName], Field(max_length=200)]] = Field(
        default={},
        max_length=100,
        examples=[{"qa": ["ann", "bo"]}],
        json_schema_extra={"additionalProperties": False},
    )
    start_at: Instant | None = None
    go_live_at: Instant | None = None

    def request(self) -> StartRequest:
        """Return what planning is asked for, but for the people."""
        return StartRequest(
            template=self.template,
            title=self.title,
            parameters=self.parameters,
            release=self.release.release(),
            start_at=self.start_at,
            go_live_at=self.go_live_at,
        )


class ArtifactShown(Shown):
    """A built thing that goes live."""

    name: Annotated[str, Field(examples=["checkout-1.4.0.tar.gz"])]
    digest: Sha256


class ExternalRefShown(Shown):
    """The same release in another system."""

    system: Annotated[str, Field(examples=["jira"])]
    id: Annotated[str, Field(examples=["REL-42"])]
    url: str | None


class ReleaseShown(Shown):
    """What goes live."""

    service: Service
    version: Version
    environment: Environment
    artifacts: list[ArtifactShown]
    authors: list[Annotated[str, Field(examples=["dev1"])]]
    scope: str | None
    external_refs: list[ExternalRefShown]

    @classmethod
    def of(cls, release: Release) -> ReleaseShown:
        """Return `release` with every field."""
        return cls.model_validate(release)


class BuildShown(Shown):
    """One build of the release; the last one is the present."""

    n: Nth
    release: ReleaseShown
    at: Moment
    by: Person

    @classmethod
    def of(cls, build: Build) -> BuildShown:
        """Return `build` with every field."""
        return cls(n=build.n, release=ReleaseShown.of(build.release), at=build.at, by=build.by)
