"""The stages of a new template: used from what golive comes with, or written out with the bundled checklists."""

from __future__ import annotations

from collections.abc import Iterator

from golive.new_template_design import Design
from golive.new_template_rollout import rollout_of
from golive.new_template_yaml import both, scalar, task
from golive.rehearsal_values import passing
from golive.template_answers import ROLLOUTS, STAGES
from golive.words import N_, Translate


def stages_of(design: Design, note: Translate) -> Iterator[str]:
    """Yield the lines of all stages; `note` translates their comments."""
    writer = _Stages(design, note)
    for n, stage in enumerate(design.stages):
        yield from ([""] if n else [])
        yield from writer.stage(stage, design.stages[n - 1] if n else None)


class _Stages:
    def __init__(self, design: Design, note: Translate) -> None:
        self.design = design
        self.answers = design.answers
        self.note = note

    def stage(self, stage: str, before: str | None) -> Iterator[str]:
        used = self.design.uses(stage)
        yield f"  - id: {stage}"
        if used:
            yield f"    use: {used}  # " + self.note(N_("a template that golive comes with takes this place"))
        else:
            yield f"    process: {STAGES[stage]}"
            yield f"    title: {_TITLES[stage]}"
        if before:
            yield f"    needs: [{before}]  # {self.note(N_('opens when this has passed'))}"
        if used == "grey-release":
            last = 50 if "full-release" in self.design.stages else 100
            rate = self.answers.watched[0].threshold
            yield f'    parameters: {{bake: "${{bake}}", min_success_rate: {rate}, last_weight: {last}}}'
        elif not used:
            yield from self._work(stage)

    def _work(self, stage: str) -> Iterator[str]:
        if stage == "hypercare":
            yield "    observe: 3d  # " + self.note(N_("the stage stays open at least so long"))
        tasks = list(self._tasks(stage))
        if tasks:
            yield "    tasks:"
            yield from tasks
        if self.design.signed.stage == stage:
            yield from self._approval(stage)
        elif stage == "review":
            yield from self._close()
        if self.design.reads(stage):
            yield from self._gate()
        if stage in ROLLOUTS:
            yield from rollout_of(stage, self.design, self.note)

    def _tasks(self, stage: str) -> Iterator[str]:
        who = self.design.who
        match stage:
            case "preparation":
                yield from task("review-code", _REVIEW, who("dev"), "1d", "code-readiness")
                yield from task("plan-way-back", _WAY_BACK, who("ops"), "2d", "way-back")
            case "uat":
                yield from task("run-uat", _RUN_UAT, who("qa"), "2d", "acceptance-testing")
                note = self.note(N_("cannot be completed without; a gate may judge what it says"))
                yield f"        requires: [{{type: test_result}}]  # {note}"
            case "sign-off":
                yield from task("put-facts-together", _FACTS, who("release"), "4h", "go-or-no-go")
            case "grey-release" | "full-release":
                yield from task("check-main-paths", _PATHS, who("qa", "support"), "1d", "main-paths")
            case "hypercare":
                yield from task("settle-tickets", _TICKETS, who("support", "ops"), "3d", None)
                yield "        requires: [{type: remark}]"
            case "review":
                yield from task("check-facts", _CHECK_FACTS, who("release"), "2d", "review-facts")
                yield from task("agree-on-improvements", _IMPROVE, who("dev"), "2d", None)
                yield "        needs: [check-facts]"
                yield "        requires: [{type: remark}]"
        if self.design.reads(stage):
            yield from self._reading()

    def _reading(self) -> Iterator[str]:
        yield from task("read-metrics", _READ, self.design.who("ops", "qa"), "2d", None)
        yield "        requires:"
        for each in self.answers.watched:
            example = passing([(each.good.compare, each.good.threshold)])
            yield f"          - {{type: metric, name: {scalar(each.metric)}, example: {example!r}}}"

    def _gate(self) -> Iterator[str]:
        yield "    # " + self.note(
            N_("The stage passes only when each check does; nothing read is never a pass.")
        )
        yield "    gates:"
        yield "      - key: healthy"
        yield "        title: {en: The metrics are good, zh: 指标正常}"
        yield "        checks:"
        for n, each in enumerate(self.answers.watched, 1):
            yield f"          - key: metric-{n}"
            yield f"            title: {both(each.metric, each.metric)}"
            yield f"            source: {{task: read-metrics, fact: {scalar(each.metric)}}}"
            yield f'            compare: "{each.good.compare}"'
            yield f"            threshold: {each.threshold}"

    def _approval(self, stage: str) -> Iterator[str]:
        back_to = _BACK_TO.get(stage)
        yield "    # " + self.note(
            N_("Two people of two functions; never who started the run or made the release.")
        )
        yield "    approvals:"
        yield "      - key: go"
        yield "        title: {en: May this release reach its users?, zh: 该版本是否可以上线？}"
        yield "        rules:"
        for signer in self.answers.signers:
            barred = f", exclude_doers_of: [{back_to}]" if back_to and stage not in ROLLOUTS else ""
            yield f"          - {{function: {scalar(signer)}{barred}}}"
        if stage in ROLLOUTS:
            yield "        after: []"
        elif back_to:
            note = self.note(N_("a no opens this task again; without it the run is held"))
            yield f"        back_to: {back_to}  # {note}"
        yield "        due: 1d"
        yield "        expires_in: 5d"

    def _close(self) -> Iterator[str]:
        yield "    approvals:"
        yield "      - key: close"
        yield "        title: {en: Is the go-live reviewed and closed?, zh: 本次上线是否回顾完毕、可以关闭？}"
        yield "        meaning: reviewed"
        yield f"        rules: [{{function: {scalar(self.answers.signers[0])}}}]"
        yield "        due: 2d"


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
_BACK_TO = {
    "preparation": "review-code",
    "uat": "run-uat",
    "sign-off": "put-facts-together",
    "hypercare": "settle-tickets",
    "review": "agree-on-improvements",
}
"""The task of each stage that a no opens again."""
