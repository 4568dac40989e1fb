"""A new template from a few answers: YAML that is valid as it stands, comments that teach, and its tests.

What golive comes with is used where it asks the functions that were named; else a stage is written out, with the
bundled checklists. Whatever the answers are, the template can be started, the two sign, and its tests pass.
"""

from __future__ import annotations

from collections.abc import Iterator

from golive.new_template_design import Design
from golive.new_template_stages import stages_of
from golive.new_template_tests import tests_of
from golive.new_template_yaml import both, scalar
from golive.template_answers import Answers
from golive.words import N_, Translate


def template_text(answers: Answers, schema: str | None, translate: Translate = str) -> str:
    """Return the YAML of a new template; `schema` is the file that editors check it with."""
    return "\n".join(_template(Design(answers), schema, translate)) + "\n"


def script_text(answers: Answers, translate: Translate = str) -> str:
    """Return the YAML of its tests."""
    return "\n".join(tests_of(Design(answers), translate)) + "\n"


def _template(design: Design, schema: str | None, note: Translate) -> Iterator[str]:
    answers = design.answers
    if schema is not None:
        yield f"# yaml-language-server: $schema={schema}"
    yield "# " + note(
        N_("Check it with `golive template test` and `golive template validate`, then publish it.")
    )
    yield f"name: {scalar(answers.name)}"
    yield f"title: {both(answers.title, answers.title_zh)}"
    yield "description: {en: Say here what it is for and when to take it., zh: 请在此说明用途与适用场合。}"
    yield ""
    yield from _parameters(design, note)
    yield ""
    yield "# " + note(N_("Working time: what is due in 2d is due after two working days of these hours."))
    yield 'calendar: {time_zone: Asia/Shanghai, hours: [{start: "09:00", end: "18:00"}]}'
    yield ""
    yield "stages:"
    yield from stages_of(design, note)


def _parameters(design: Design, note: Translate) -> Iterator[str]:
    yield "# " + note(N_("Whoever starts a run may set these; the stages write them as ${name}."))
    yield "parameters:"
    yield "  - key: pace"
    yield "    title: {en: Pace; “demo” shortens every wait to seconds, zh: 节奏；“demo” 把所有等待缩短为数秒}"
    yield "    type: choice"
    yield "    choices: [real, demo]"
    yield "    default: real"
    if design.is_watched:
        yield "  - key: bake"
        yield "    title: {en: Observation after each change of traffic, zh: 每次调整流量后的观察时间}"
        yield "    type: duration"
        yield "    default: 30m"
