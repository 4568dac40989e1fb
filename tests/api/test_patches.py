"""The patch that the API gives between two real subjects makes the one out of the other, byte for byte as signed."""

from __future__ import annotations

import json
from typing import Any

import jsonpatch
from hypothesis import given
from hypothesis import strategies as st

from api.schemas.receipts import ChangesShown
from golive import commands as c
from golive.evidence import Link, Metric
from golive.subject import part_digests, subject_of, whole_digest
from golive.subject_changes import changes
from tests.rules.plans import GREY, PEOPLE, SIGNED, UAT, make_plan, release, task
from tests.rules.world import World, started, words

Subject = dict[str, Any]
VALUES = st.one_of(
    st.booleans(), st.integers(0, 2), st.sampled_from([0.0, 1.0, 1.5]), st.sampled_from(["1", "true"])
)
PARAMETERS = st.dictionaries(st.sampled_from(["a/b", "c~d", "e"]), VALUES, max_size=3)
EVIDENCE = st.lists(
    st.one_of(
        st.builds(Metric, name=st.sampled_from(["rate", "p99"]), value=st.sampled_from([0.0, 1.0, 0.95])),
        st.builds(Link, url=st.sampled_from(["https://example.com/1", "https://example.com/2"])),
    ),
    max_size=3,
)
WORK = ({**UAT, "tasks": [task("run", per_build=True), task("read", needs=["uat.run"])]}, SIGNED, GREY)


def asked(
    parameters: dict[str, Any], evidence: list[Any], remark: str, version: str, authors: tuple[str, ...]
) -> Subject:
    """Return what is signed in a run with these parameters, this work and this build."""
    build = release(version, authors=authors)
    world = started(make_plan(*WORK, people=PEOPLE, parameters=parameters, release=build))
    world.act(c.CompleteTask(task="uat.run", remark=words(remark), evidence=tuple(evidence)), "qa1")
    world.act(c.CompleteTask(task="uat.read", remark=words("read")), "qa1")
    return subject_in(world)


def subject_in(world: World) -> Subject:
    stage, approval = world.run.index.approvals["sign-off.sign"]
    return json.loads(json.dumps(subject_of(world.run, stage, approval)))  # type: ignore[no-any-return]


SUBJECTS = st.builds(
    asked,
    PARAMETERS,
    EVIDENCE,
    st.sampled_from(["seen", "seen twice"]),
    st.sampled_from(["1.0.0", "1.0.1"]),
    st.sampled_from([(), ("dev1",), ("dev1", "dev2")]),
)


def digest(subject: Subject) -> str:
    return whole_digest(part_digests(subject))


@given(SUBJECTS, SUBJECTS)
def test_a_patch_makes_the_present_subject_of_the_former_one(before: Subject, now: Subject) -> None:
    shown = ChangesShown.of((digest(before), before), (digest(now), now), changes(before, now, {}), "en")
    told = json.loads(shown.model_dump_json())
    made = jsonpatch.apply_patch(before, told["patch"])
    assert digest(made) == told["digest"]
    assert bool(told["changes"]) == bool(told["patch"]) == (told["since"] != told["digest"])
