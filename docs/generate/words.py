"""The frame of generated pages: headings and phrases, in both languages."""

from __future__ import annotations

from golive.words import Text


def _t(en: str, zh: str) -> Text:
    return Text(en=en, zh=zh)


WORDS: dict[str, Text] = {
    # everywhere
    "allowed": _t("allowed", "允许的值"),
    "default": _t("default", "默认"),
    "meaning": _t("meaning", "说明"),
    "comma": _t(", ", "、"),
    "colon": _t(": ", "："),
    "then": _t("; ", "；"),
    "stop": _t(".", "。"),
    "and": _t(" and ", "，以及"),
    "kind_string": _t("text", "文本"),
    "kind_integer": _t("whole number", "整数"),
    "kind_number": _t("number", "数值"),
    "kind_boolean": _t("`true` or `false`", "`true` 或 `false`"),
    "kind_choice": _t("one of a list", "列表之一"),
    "kind_duration": _t("length of time, such as `30m` or `2d`", "时长，如 `30m` 或 `2d`"),
    "length_days": _t("{n} d", "{n} 天"),
    "length_hours": _t("{n} h", "{n} 小时"),
    "length_minutes": _t("{n} min", "{n} 分钟"),
    "length_seconds": _t("{n} s", "{n} 秒"),
    # decisions
    "decisions": _t("Decision records", "决策记录"),
    "decisions_are": _t(
        "Why things are as they are, one screen each, in the order in which they were decided.",
        "为什么是现在这样，每篇一屏，按决定的先后排列。记录只有英文。",
    ),
    # settings
    "settings": _t("Settings", "设置"),
    "settings_are": _t(
        "Settings are environment variables, read once at the start of each process. All of them:",
        "设置是环境变量，每个进程在启动时读取一次。全部变量：",
    ),
    "settings_of_cli": _t("The command line reads besides:", "命令行另外读取："),
    "settings_wrong": _t(
        "A value that is not allowed stops the start with one sentence that names the variable.",
        "若某个值不被允许，启动会停止，并以一句话指出是哪个变量。",
    ),
    "variable": _t("variable", "变量"),
    "golive_url": _t(
        "address of the API; unset: that of the settings above", "API 的地址；未设置时按以上设置"
    ),
    "golive_token": _t(
        "API token; unset: that of `admin` in the data folder, where it can be read",
        "API 令牌；未设置时使用数据目录中 `admin` 的令牌（若可读取）",
    ),
    "golive_signing_password": _t(
        "the password with which the command line proves who signs, where an approval asks for it",
        "审批要求时，命令行用来证明签核者身份的密码",
    ),
    "golive_lang": _t(
        "language of the command line, the first that is set decides: `zh…` is 简体中文, else English",
        "命令行的语言，以最先设置者为准：`zh…` 为简体中文，其余为英文",
    ),
    # templates
    "template_commands": _t(
        "`preview` prints the plan that a start would make now, with [your people](../people.md); "
        "`golive template show --source` prints the YAML to start your own from.",
        "`preview` 按你[现有的人员](../people.md)打印此刻启动会得到的计划；"
        "`golive template show --source` 打印 YAML，可以在它的基础上写自己的模板。",
    ),
    "plan": _t("The plan", "计划"),
    "gantt_of": _t("Gantt of the plan: {title}", "计划甘特图：{title}"),
    "caption": _t(
        "Drawn from the plan of a start at {start} ({zone}) with default parameters and measured health. "
        "Work is taken to last until it is due.",
        "依据计划绘制：{start}（{zone}）启动，参数取默认值，健康状况有测量。工作按做到截止时间计。",
    ),
    "fact_ends": _t(
        "It ends at {at} when everything takes until it is due.", "若一切都做到截止时间，流程于 {at} 结束。"
    ),
    "fact_to_full": _t(
        "Shortest time from the start to 100 % of the traffic, when nobody waits: {length}.",
        "无人等待时，从启动到 100% 流量最短需要：{length}。",
    ),
    "fact_to_rollback": _t(
        "{stage}: longest time from the first sign of a failure to the return of traffic: {length}.",
        "{stage}：从故障初现到流量切回，最长：{length}。",
    ),
    "observation": _t("Observation for {length}", "观察 {length}"),
    "legend_stage": _t("stage", "阶段"),
    "legend_task": _t("task until due", "任务（至截止）"),
    "legend_approval": _t("approval until due", "审批（至截止）"),
    "legend_traffic": _t("traffic", "流量"),
    "legend_observe": _t("observation", "观察"),
    "legend_verified": _t("then verified by another", "完成后由他人复核"),
    "legend_no_return": _t("point of no return", "不可回退点"),
    "legend_rest": _t("no work", "非工作时间"),
    "parameters": _t("Parameters", "参数"),
    "parameter": _t("parameter", "参数"),
    "functions": _t("Functions", "职能"),
    "function": _t("function", "职能"),
    "does": _t("does", "执行"),
    "signs": _t("signs", "签署"),
    "made_of": _t("It is made of", "由以下模板和检查清单组成："),
    "stages": _t("Stages", "阶段"),
    "stage_is": _t("Stage `{id}`, process `{process}`.", "阶段 `{id}`，过程 `{process}`。"),
    "opens_after": _t("Opens after", "在以下阶段之后开启："),
    "task": _t("task", "任务"),
    "due": _t("due", "截止"),
    "after": _t("after", "前置"),
    "evidence": _t("evidence", "证据"),
    "approval": _t("Approval", "审批"),
    "approval_due": _t("Due within {due}.", "应在 {due} 内决定。"),
    "approval_expires": _t("Expires after {expires}, never as a yes.", "{expires} 后过期，过期不等于同意。"),
    "gate_entry": _t("Gate before the stage opens", "开启前的门禁"),
    "gate_exit": _t("Gate before the stage passes", "通过前的门禁"),
    "observed_for": _t("Stays open under observation for {length}.", "保持开启并观察 {length}。"),
    "traffic_moves": _t("Traffic moves step by step:", "流量逐步切换："),
    "back_out": _t("A rollback opens, beyond traffic:", "除切回流量外，回滚还会开启："),
    "due_within": _t("{within} from the stage's opening", "阶段开启后 {within}"),
    "due_after": _t("{within} after `{after}`", "`{after}` 之后 {within}"),
    "due_before": _t("{within} before the go-live", "上线前 {within}"),
    "items": _t("{n} items", "{n} 项检查"),
    "items_of": _t("{n} items of `{checklist}`", "`{checklist}` 共 {n} 项"),
    "verified_by_another": _t("verified by another person", "由他人复核"),
    "again_per_build": _t("again for a new build", "更换构建后重做"),
    "point_of_no_return": _t("**point of no return**", "**不可回退点**"),
    "rule_any": _t("one of `{function}`", "`{function}` 任一人"),
    "rule_all": _t("all of `{function}`", "`{function}` 全体"),
    "rule_ordered": _t("all of `{function}`, one after another", "`{function}` 全体依次"),
    "rule_n": _t("{n} of `{function}`", "`{function}` 中 {n} 人"),
    "rule_percent": _t("{n} % of `{function}`", "`{function}` 的 {n}%"),
    "rule_expires": _t(" (within {expires})", "（须在 {expires} 内）"),
    "row": _t("where {asked}: {rules}", "当 {asked} 时：{rules}"),
    "row_otherwise": _t("otherwise: {rules}", "其余情况：{rules}"),
    "row_refused": _t("any other start is refused", "其余的启动一律拒绝"),
    "distinct_persons": _t(", distinct persons.", "，须为不同的人。"),
    "from_task": _t("from the task `{task}`", "取自任务 `{task}`"),
    "measured": _t("measured", "测量所得"),
    # command line
    "cli": _t("Command line", "命令行"),
    "cli_are": _t(
        "Every command, as `golive --help` tells it. Reading commands take `--json`; errors go to standard error "
        "with exit code 1, a wrong use with exit code 2.",
        "全部命令，与 `golive --help` 所述一致。读取类命令都接受 `--json`；"
        "错误写入标准错误，退出码为 1，用法不对时为 2。",
    ),
    "cli_connection": _t("Options of the connection", "连接选项"),
    "cli_connection_are": _t(
        "Commands that talk to the API take these. Commands that act take `--key` and `--patience` as well.",
        "与 API 通信的命令都接受这些选项；执行操作的命令还接受 `--key` 和 `--patience`。",
    ),
    "option": _t("option", "选项"),
    "argument": _t("argument", "参数"),
    "required": _t("required", "必填"),
    "and_connection": _t(
        "Also takes the [options of the connection](#cli-connection).", "另接受[连接选项](#cli-connection)。"
    ),
    # API
    "api": _t("HTTP API", "HTTP API"),
    "api_are": _t(
        "Everything under `/api/v1`, as the OpenAPI document of this version says it; a running golive serves that "
        "document at `/openapi.json`. Requests carry `Authorization: Bearer TOKEN`.",
        "`/api/v1` 下的全部接口，与本版本的 OpenAPI 文档一致；运行中的 golive 在 `/openapi.json` 提供该文档。请求带 "
        "`Authorization: Bearer TOKEN`。",
    ),
    "api_pages": _t("Routes by what they are about:", "按内容分组的接口："),
    "api_tag_about": _t("Routes about {tag}.", "与{tag}有关的接口。"),
    "api_permission": _t("Permission: {roles}.", "权限：{roles}。"),
    "api_or": _t(" or ", " 或 "),
    "api_bounds": _t(" ({bounds})", "（{bounds}）"),
    "tag_acts on runs": _t("Acts on runs", "对流程的操作"),
    "tag_approvals": _t("Approvals", "审批"),
    "tag_attachments": _t("Attachments", "附件"),
    "tag_audit": _t("Audit", "审计"),
    "tag_directory": _t("Directory", "通讯录"),
    "tag_health": _t("Health", "健康状况"),
    "tag_reports": _t("Reports", "报告"),
    "tag_runs": _t("Runs", "流程"),
    "tag_tasks": _t("Tasks", "任务"),
    "tag_templates": _t("Templates", "模板"),
    "tag_users": _t("Users", "用户"),
    "api_shapes": _t("Shapes", "数据结构"),
    "api_shapes_are": _t(
        "What requests and answers are made of. Answers may gain fields in later versions.",
        "请求与应答的组成。后续版本的应答可能增加字段。",
    ),
    "api_problems": _t("Problems", "问题代码"),
    "api_problems_are": _t(
        "Every error is a problem document (RFC 9457). Its `code` is stable; its `detail` is a sentence in the "
        "reader's language that names what it is about. Every code, each with a sentence:",
        "每个错误都是一份问题文档（RFC 9457）。`code` 固定不变；`detail` 是一句读者语言的话，并指明所涉对象。"
        "全部代码如下，各附一句示例：",
    ),
    "api_problems_there": _t(
        "What each code of a problem says: [Problems](problems.md).",
        "各问题代码的含义见[问题代码](problems.md)。",
    ),
    "api_code": _t("code", "代码"),
    "api_example": _t("example", "示例"),
    "api_answered": _t("Example of the answer", "应答示例"),
    "api_example_is": _t("Example: {value}.", "示例：{value}。"),
    "api_leads_to": _t("Leads to", "由此可继续"),
    "api_body": _t("Body", "请求体"),
    "api_answer": _t("Answers", "应答"),
    "api_where": _t("in", "位置"),
    "api_kind": _t("kind", "类型"),
    "api_status": _t("status", "状态码"),
    "api_field": _t("field", "字段"),
    "api_no_fields": _t("It has no fields of its own: {kind}.", "没有自己的字段：{kind}。"),
    "list_of": _t("list of {kind}", "{kind} 的列表"),
    "map_of": _t("object of {kind} by name", "按名称存放 {kind} 的对象"),
    "or_null": _t("{kind} or null", "{kind} 或 null"),
    "kind_object": _t("object", "对象"),
    "kind_array": _t("list", "列表"),
    "kind_null": _t("null", "null"),
    "kind_date-time": _t("time (RFC 3339)", "时间（RFC 3339）"),
    "kind_binary": _t("file", "文件"),
    "kind_any": _t("anything", "任意"),
    "api_default": _t("Default: {value}.", "默认：{value}。"),
    "api_least": _t("at least {n}", "至少 {n}"),
    "api_most": _t("at most {n}", "至多 {n}"),
    "api_form": _t("form {pattern}", "格式 {pattern}"),
}
"""What the templates in docs/generate/pages say besides what they are given. `{places}` are filled by `format`."""
