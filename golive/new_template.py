"""A new template from a few answers: YAML that is valid as it stands, comments that teach, and its tests.

What golive comes with is used where it asks the functions that were named; else a stage is written out, with the
bundled checklists. Whatever the answers are, the template can be started, the two sign, and its tests pass.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from golive.analysis import OPPOSITE
from golive.gates import COMPARE
from golive.rehearsal_values import passing
from golive.template import Condition
from golive.template_answers import ROLLOUTS, STAGES, Answers
from golive.words import N_

_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")

Translate = Callable[[str], str]


def template_text(answers: Answers, schema: str | None, translate: Translate = str) -> str:
    """Return the YAML of a new template; `schema` is the file that editors check it with."""
    return "\n".join(_Writer(answers, translate).template(schema)) + "\n"


def script_text(answers: Answers, translate: Translate = str) -> str:
    """Return the YAML of its tests."""
    return "\n".join(_Writer(answers, translate).tests()) + "\n"


def _scalar(text: str) -> str:
    """Write text so that YAML reads it as this text."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)


def _text(en: str, zh: str | None) -> str:
    return f"{{en: {_quoted(en)}, zh: {_quoted(zh)}}}" if zh else _quoted(en)


def _quoted(text: str) -> str:
    """Write text in quotes; what looks like a parameter stays the text that it is."""
    return json.dumps(text.replace("${", "$${"), ensure_ascii=False)


@dataclass(frozen=True)
class _Signed:
    """The stage in which the two sign, and the key of the approval there."""

    stage: str
    key: str = "go"


class _Writer:
    def __init__(self, answers: Answers, translate: Translate) -> None:
        self.answers = answers
        self.translate = translate
        self.stages = answers.in_order
        self.signed = self._signed()

    # -- what is used and what is written ------------------------------------------------------------------

    def _signed(self) -> _Signed:
        """Return where the two sign: in the sign-off, else right before traffic moves, else at the end."""
        if "sign-off" in self.stages:
            return _Signed("sign-off")
        first = next((n for n, stage in enumerate(self.stages) if stage in ROLLOUTS), None)
        if first is None:
            work = [stage for stage in self.stages if stage != "review"] or list(self.stages)
            signed = work[-1]
        else:
            signed = self.stages[max(first - 1, 0)]
        used = {"uat": "accepted", "grey-release": "move-traffic"}
        return _Signed(signed, used.get(signed, "go") if self._uses(signed, at_sign_off=signed) else "go")

    def _uses(self, stage: str, at_sign_off: str | None = None) -> str | None:
        """Return the bundled template that fits as it is: it asks the functions that were named, and no others."""
        doers, signers = set(self.answers.doers), set(self.answers.signers)
        signed = at_sign_off or self.signed.stage
        watched = self.answers.watched
        fits = {
            "uat": signed == "uat"
            and signers == {"business", "qa"}
            and {"qa", "ops", "dev", "business"} <= doers,
            "sign-off": signers == {"ops", "qa"} and "release" in doers,
            "grey-release": signed == "grey-release"
            and signers == {"ops", "qa"}
            and {"ops", "support", "dev"} <= doers
            and [(each.metric, each.good.compare) for each in watched] == [("success_rate", ">=")]
            and 0 <= watched[0].good.threshold <= 1,
            "review": signed != "review" and "business" in signers and {"release", "dev"} <= doers,
        }
        names = {"sign-off": "dual-sign-off", "review": "post-launch-review"}
        return names.get(stage, stage) if fits.get(stage) else None

    def _who(self, *preferred: str) -> str:
        """Return the first preferred function that does work here."""
        doers = self.answers.doers
        return _scalar(next((each for each in preferred if each in doers), doers[0]))

    def _note(self, msgid: str) -> str:
        return self.translate(msgid)

    # -- the template ----------------------------------------------------------------------------------------

    def template(self, schema: str | None) -> Iterator[str]:
        """Yield the lines of the template."""
        answers, note = self.answers, self._note
        if schema is not None:
            yield f"# yaml-language-server: $schema={schema}"
        yield "# " + note(
            N_("Check it with `golive template test` and `golive template validate`, then publish it.")
        )
        yield f"name: {_scalar(answers.name)}"
        yield f"title: {_text(answers.title, answers.title_zh)}"
        yield "description: {en: Say here what it is for and when to take it., zh: 请在此说明用途与适用场合。}"
        yield from self._parameters()
        yield ""
        yield "# " + note(N_("Working time: what is due in 2d is due after two working days of these hours."))
        yield 'calendar: {time_zone: Asia/Shanghai, hours: [{start: "09:00", end: "18:00"}]}'
        yield ""
        yield "stages:"
        for n, stage in enumerate(self.stages):
            yield from ([""] if n else [])
            yield from self._stage(stage, self.stages[n - 1] if n else None)

    def _parameters(self) -> Iterator[str]:
        yield ""
        yield "# " + self._note(N_("Whoever starts a run may set these; the stages write them as ${name}."))
        yield "parameters:"
        yield "  - key: pace"
        yield "    title: {en: Pace; “demo” shortens every wait to seconds, zh: 节奏；“demo” 把所有等待缩短为数秒}"
        yield "    type: choice"
        yield "    choices: [real, demo]"
        yield "    default: real"
        if self.answers.watched and set(ROLLOUTS) & set(self.stages):
            yield "  - key: bake"
            yield "    title: {en: Observation after each change of traffic, zh: 每次调整流量后的观察时间}"
            yield "    type: duration"
            yield "    default: 30m"

    def _stage(self, stage: str, before: str | None) -> Iterator[str]:
        yield f"  - id: {stage}"
        used = self._uses(stage)
        if used:
            yield f"    use: {used}  # " + self._note(
                N_("a template that golive comes with takes this place")
            )
        else:
            yield f"    process: {STAGES[stage]}"
            yield f"    title: {_TITLES[stage]}"
        if before:
            note = self._note(N_("opens when this has passed"))
            yield f"    needs: [{before}]  # {note}"
        if used == "grey-release":
            last = 50 if "full-release" in self.stages else 100
            rate = self.answers.watched[0].threshold
            yield f'    parameters: {{bake: "${{bake}}", min_success_rate: {rate}, last_weight: {last}}}'
        elif not used:
            yield from self._work(stage)

    def _work(self, stage: str) -> Iterator[str]:
        if stage == "hypercare":
            yield "    observe: 3d  # " + self._note(N_("the stage stays open at least so long"))
        tasks = list(self._tasks(stage))
        if tasks:
            yield "    tasks:"
            yield from tasks
        if self.signed.stage == stage:
            yield from self._approval(stage)
        elif stage == "review":
            yield from self._close()
        if self._reads(stage):
            yield from self._gate()
        if stage in ROLLOUTS:
            yield from self._rollout(stage)

    def _tasks(self, stage: str) -> Iterator[str]:
        match stage:
            case "preparation":
                yield from _task("review-code", _REVIEW, self._who("dev"), "1d", "code-readiness")
                yield from _task("plan-way-back", _WAY_BACK, self._who("ops"), "2d", "way-back")
            case "uat":
                yield from _task("run-uat", _RUN_UAT, self._who("qa"), "2d", "acceptance-testing")
                note = self._note(N_("cannot be completed without; a gate may judge what it says"))
                yield f"        requires: [{{type: test_result}}]  # {note}"
            case "sign-off":
                yield from _task("put-facts-together", _FACTS, self._who("release"), "4h", "go-or-no-go")
            case "grey-release" | "full-release":
                yield from _task("check-main-paths", _PATHS, self._who("qa", "support"), "1d", "main-paths")
            case "hypercare":
                yield from _task("settle-tickets", _TICKETS, self._who("support", "ops"), "3d", None)
                yield "        requires: [{type: remark}]"
            case "review":
                yield from _task("check-facts", _CHECK_FACTS, self._who("release"), "2d", "review-facts")
                yield from _task("agree-on-improvements", _IMPROVE, self._who("dev"), "2d", None)
                yield "        needs: [check-facts]"
                yield "        requires: [{type: remark}]"
        if self._reads(stage):
            yield from self._reading()

    def _reads(self, stage: str) -> bool:
        """Tell whether a person reads the metrics in this stage: in hypercare, or where nothing else watches them."""
        if not self.answers.watched:
            return False
        if "hypercare" in self.stages:
            return stage == "hypercare"
        return not set(ROLLOUTS) & set(self.stages) and stage == self._last_written()

    def _last_written(self) -> str | None:
        """Return the last stage that is not the place of a bundled template."""
        return next((stage for stage in reversed(self.stages) if not self._uses(stage)), None)

    def _reading(self) -> Iterator[str]:
        yield from _task("read-metrics", _READ, self._who("ops", "qa"), "2d", None)
        yield "        requires:"
        for each in self.answers.watched:
            example = passing([(each.good.compare, each.good.threshold)])
            yield f"          - {{type: metric, name: {_scalar(each.metric)}, example: {example!r}}}"

    def _gate(self) -> Iterator[str]:
        yield "    # " + self._note(
            N_("The stage passes only when each check does; nothing read is never a pass.")
        )
        yield "    gates:"
        yield "      - key: healthy"
        yield "        title: {en: The metrics are good, zh: 指标正常}"
        yield "        checks:"
        for n, each in enumerate(self.answers.watched, 1):
            yield f"          - key: metric-{n}"
            yield f"            title: {_text(each.metric, each.metric)}"
            yield f"            source: {{task: read-metrics, fact: {_scalar(each.metric)}}}"
            yield f'            compare: "{each.good.compare}"'
            yield f"            threshold: {each.threshold}"

    def _approval(self, stage: str) -> Iterator[str]:
        back_to = _BACK_TO.get(stage)
        yield "    # " + self._note(
            N_("Two people of two functions; never who started the run or made the release.")
        )
        yield "    approvals:"
        yield "      - key: go"
        yield "        title: {en: May this release reach its users?, zh: 该版本是否可以上线？}"
        yield "        rules:"
        for signer in self.answers.signers:
            barred = f", exclude_doers_of: [{back_to}]" if back_to and stage not in ROLLOUTS else ""
            yield f"          - {{function: {_scalar(signer)}{barred}}}"
        if stage in ROLLOUTS:
            yield "        after: []"
        elif back_to:
            note = self._note(N_("a no opens this task again; without it the run is held"))
            yield f"        back_to: {back_to}  # {note}"
        yield "        due: 1d"
        yield "        expires_in: 5d"

    def _close(self) -> Iterator[str]:
        yield "    approvals:"
        yield "      - key: close"
        yield "        title: {en: Is the go-live reviewed and closed?, zh: 本次上线是否回顾完毕、可以关闭？}"
        yield "        meaning: reviewed"
        yield f"        rules: [{{function: {_scalar(self.answers.signers[0])}}}]"
        yield "        due: 2d"

    def _rollout(self, stage: str) -> Iterator[str]:
        watched = self.answers.watched
        yield "    rollout:"
        if watched:
            yield "      # " + self._note(
                N_("Measured all the time; too many failures bring all traffic back.")
            )
            yield "      analyses:"
            for each in watched:
                metric = _scalar(each.metric)
                yield f'        - {{metric: {metric}, success: "{each.condition}", interval: 1m, failure_limit: 1}}'
        yield "      steps:"
        if self.signed.stage == stage:
            yield "        - {do: approval, approval: go}"
        for weight in self._weights(stage):
            yield f"        - {{do: set_weight, weight: {weight}}}"
            if watched:
                yield '        - {do: bake, duration: "${bake}"}'
            elif weight < 100:  # noqa: PLR2004
                yield "        - {do: pause}  # " + self._note(N_("until the release manager promotes it"))
        yield "    # " + self._note(N_("What a rollback asks of people, once traffic is back."))
        yield "    on_rollback:"
        yield from _task("confirm-stable", _STABLE, self._who("ops"), "1h", "back-out")

    def _weights(self, stage: str) -> tuple[int, ...]:
        if stage == "full-release":
            return (100,)
        return (5, 25, 50) if "full-release" in self.stages else (5, 25, 50, 100)

    # -- the tests -------------------------------------------------------------------------------------------

    def tests(self) -> Iterator[str]:
        """Yield the lines of the tests: the happy path, a refusal, and a failure."""
        note, ref = self._note, f"{self.signed.stage}.{self.signed.key}"
        pending = f"      - until: {{approvals: {{{ref}: pending}}}}"
        yield "# " + note(N_("Played by `golive template test` in virtual time; nothing has to run."))
        yield "tests:"
        yield f"  - name: {_scalar(note(N_('everything goes well')))}"
        yield "    steps:"
        yield "      # " + note(
            N_("Everybody does what waits for them, and the time goes on, until nothing waits.")
        )
        yield "      - rest: done"
        yield "        expect: {run: completed}"
        yield ""
        yield f"  - name: {_scalar(note(N_('who started the run does not sign')))}"
        yield "    steps:"
        yield pending
        yield f"      - approve: {ref}"
        yield "        by: manager"
        yield "        refused: role_missing"
        yield ""
        yield from self._bad_health() if self._is_watched() else self._no(pending, ref)

    def _is_watched(self) -> bool:
        return bool(self.answers.watched and set(ROLLOUTS) & set(self.stages))

    def _bad_health(self) -> Iterator[str]:
        first = self.answers.watched[0]
        bad = _bad(first.good)
        weight = 5 if "grey-release" in self.stages else 100
        yield f"  - name: {_scalar(self._note(N_('bad health brings all traffic back')))}"
        yield "    steps:"
        yield f"      - until: {{traffic: {weight}}}"
        yield f"      - measure: {{{_scalar(first.metric)}: {bad!r}}}"
        yield "      - after: 10 minutes"
        yield "        expect: {run: rolling_back, traffic: 0}"
        yield "      - rest: done"
        yield "        expect: {run: aborted}"

    def _no(self, pending: str, ref: str) -> Iterator[str]:
        yield f"  - name: {_scalar(self._note(N_('one no is enough')))}"
        yield "    steps:"
        yield pending
        yield f"      - reject: {ref}"
        yield f"        expect: {{approvals: {{{ref}: rejected}}}}"


def _bad(good: Condition) -> float:
    """Return a value that is not good: half or twice as much where that is enough."""
    near = (good.threshold / 2, good.threshold * 2)
    found = (value for value in near if not COMPARE[good.compare](value, good.threshold))
    return next(found, passing([(OPPOSITE[good.compare], good.threshold)]))


def _task(key: str, title: str, function: str, due: str, checklist: str | None) -> Iterator[str]:
    yield f"      - key: {key}"
    yield f"        title: {title}"
    yield f"        function: {function}"
    yield f"        due: {due}"
    if key in _PER_BUILD:
        yield "        per_build: true"
    if checklist:
        yield f"        checklist: {checklist}"


_TITLES = {
    "preparation": "{en: Preparation, zh: 上线准备}",
    "uat": "{en: UAT, zh: 用户验收测试}",
    "sign-off": "{en: Sign-off, zh: 上线会签}",
    "grey-release": "{en: Grey release, zh: 灰度发布}",
    "full-release": "{en: Full release, zh: 全量发布}",
    "hypercare": "{en: Hypercare, zh: 护航期}",
    "review": "{en: Post-launch review, zh: 上线回顾}",
}
_REVIEW = "{en: Review the code of the release, zh: 评审本次发布的代码}"
_WAY_BACK = "{en: Write and try the way back, zh: 编写并演练回退方案}"
_RUN_UAT = "{en: Run the acceptance tests, zh: 执行验收测试}"
_FACTS = "{en: Put together what will be signed, zh: 汇总待签核的材料}"
_PATHS = "{en: Check the main paths in production, zh: 在生产环境检查主流程}"
_TICKETS = "{en: Settle the tickets about the release, zh: 处理与本次发布有关的工单}"
_CHECK_FACTS = "{en: Check the facts of the report, zh: 核对报告中的事实}"
_IMPROVE = "{en: Agree on lessons and improvements, zh: 总结经验并商定改进项}"
_READ = "{en: Read the metrics, zh: 读取指标}"
_STABLE = "{en: Confirm that the old version serves everybody, zh: 确认全部流量已回到旧版本}"
_PER_BUILD = ("review-code", "run-uat", "put-facts-together")
"""Tasks that a new build asks for again."""
_BACK_TO = {
    "preparation": "review-code",
    "uat": "run-uat",
    "sign-off": "put-facts-together",
    "hypercare": "settle-tickets",
    "review": "agree-on-improvements",
}
"""The task of each stage that a no opens again."""
