"""Every code that a problem can have, with its status and the sentence that goes with it, as an example.

`tests/api/test_openapi.py` holds this against the code: what is raised stands here, and what stands here is raised,
with that status and in those words.
"""

from __future__ import annotations

CODES: dict[int, dict[str, str]] = {
    400: {
        "malformed": "The body is not JSON: at character 17: Expecting value.",
    },
    401: {
        "unauthenticated": "This needs a valid token: send it as “Authorization: Bearer TOKEN”. "
        "You make one on the page /me; if you cannot sign in there, an administrator prints a link with "
        "`golive user enrol NAME`.",
    },
    403: {
        "disabled": "ann is disabled; ask an administrator.",
        "foreign_absence": "The absences of ann are written by ann and by who has the role release_manager / admin; bo "
        "has assignee.",
        "foreign_task": "“Test the payment by card” belongs to bo; ask them, or have it reassigned.",
        "added_signer": "cleo was added as a signer, and who was added adds nobody. Who can: ann, bo.",
        "may_not_amend": "cleo may not decide on the amendment; awaited: ann, bo.",
        "may_not_sign": "rm may not sign “Release sign-off”: rm started the run. Awaited: ann, bo.",
        "may_not_waive": "ann may not decide on the waiver of “Share of tests that pass”; who can: bo.",
        "own_review": "eva broke the glass, so somebody else reviews it and closes this.",
        "own_work": "You did “Test the payment by card” yourself, so someone else verifies it: bo.",
        "password_wrong": "That is not the password of ann, so nothing was done. Type it again.",
        "reauthentication_required": "“Release sign-off” is signed only by who proves again that it is them: ann sends "
        "their password with the act, as `password`.",
        "role_missing": "This needs the role release_manager; ann has assignee. An administrator can grant "
        "it.",
        "seat_missing": "rm has no seat of their own in “Release sign-off”: only who is asked in person hands over, "
        "and only once. Awaited: ann, bo.",
        "user_disabled": "The user ann is disabled; an administrator can enable them again.",
    },
    404: {
        "unknown_absence": "There is no absence none; the list of absences names those there are.",
        "unknown_action": "This run has no action “8c2e4f6a8b0d2e4f6a8b-a12”.",
        "unknown_amendment": "There is no amendment none; the list of amendments names those there are.",
        "unknown_approval": "There is no approval none; the list of approvals names those there are.",
        "unknown_attachment": "There is no attachment none; upload it with POST /attachments first.",
        "unknown_check": "This run has no check “uat/none.none”.",
        "unknown_checklist": "There is no checklist none; the list of checklists names those there are.",
        "unknown_decision": "There is no decision none on this approval.",
        "unknown_digest": "“Release sign-off” was never asked for on the subject sha256:2c26.",
        "unknown_group": "There is no group none; the list of groups names those there are.",
        "unknown_report": "Run 8c2e4f6a8b0d2e4f6a8b has no report yet; it is written when its review begins "
        "or the "
        "run ends.",
        "unknown_run": "There is no run none; the list of runs names those there are.",
        "unknown_service": "Nobody owns a service none; the list of services names those with an owner.",
        "unknown_subject": "This run has no task or approval “uat.none”.",
        "unknown_task": "There is no task none; the list of tasks names those there are.",
        "unknown_template": "There is no template none; the list of templates names those there are.",
        "unknown_token": "There is no token none.",
        "unknown_waiver": "There is no waiver none; the list of waivers names those there are.",
        "unknown_user": "There is no user none; the list of users names those there are.",
    },
    409: {
        "absence_over": "ann was away until 2026-11-22 14:05 UTC; that is over and stays as it was.",
        "absence_overlaps": "ann is away from 2026-11-21 08:00 UTC until 2026-11-28 08:00 UTC already; change that "
        "absence, or end it first.",
        "action_closed": "This action is already closed.",
        "already_aborting": "rm has already aborted the run.",
        "already_asked": "bo is asked about “Release sign-off” anyway, and one person signs once.",
        "already_decided": "You have already decided on “Release sign-off”; a sign-off needs distinct "
        "persons: bo.",
        "already_delegated": "ann has already handed “Release sign-off” over; take it back first.",
        "already_ending": "The run is already ending: aborted by rm.",
        "amendment_closed": "Nobody decides on this amendment any more.",
        "amendment_pending": "An amendment of rm waits for its decisions; it is decided or withdrawn first.",
        "amendment_too_large": "The amendment changes more than can be read and approved at once; start another run "
        "instead.",
        "approval_closed": "“Release sign-off” is approved, last by bo; nobody is asked now.",
        "back_out": "“Restore the backup” is part of the rollback; it stays as it is.",
        "check_not_blocking": "“Share of tests that pass” is pass; only what fails, or cannot be measured, can be "
        "waived.",
        "gate_opened": "“Release sign-off” is approved and the run has gone on from it: rm can hold, roll back or "
        "abort the run instead.",
        "group_exists": "There is a group change-board already; choose another name or change that group.",
        "last_admin": "admin is the last enabled administrator; make somebody else one first, then change "
        "admin.",
        "last_signer": "bo is needed to sign “Release sign-off”, so somebody else of qa must do “Test the "
        "payment by "
        "card”.",
        "may_not_sign": "rm may not sign “Release sign-off”: rm started the run. Name somebody who does not stand so "
        "close to it.",
        "no_lock": "The run does not hold its service yet.",
        "no_rollout": "No rollout of this run is open now.",
        "nobody_awaited": "Nobody is awaited for “Release sign-off” now.",
        "nobody_decides": "Nobody of another function than yours takes part who could grant the waiver. Have it asked "
        "for by somebody of another function: ann, bo.",
        "not_amendable": "“User acceptance test” has begun, so it stays in the plan.",
        "not_decided": "ann has no decision on “Release sign-off” that stands, so there is nothing to withdraw.",
        "not_delegated": "ann has not handed “Release sign-off” over, so there is nothing to take back.",
        "not_paused": "The rollout is baking; wait until it pauses or stops.",
        "nothing_amended": "The plan would stay as it is; say what is to change.",
        "not_your_turn": "“Release sign-off” is signed one after the other: bo decides after ann.",
        "plan_changed": "The run follows version 2 of its plan by now; look at it and ask again.",
        "point_of_no_return": "“Allow writes again” cannot be undone; fix forward.",
        "reminded_lately": "Those awaited for “Release sign-off” were reminded a short while ago; you can remind them "
        "again from 2026-11-22 14:05 UTC.",
        "run_ended": "This run has ended, so nothing can be done in it any more; start a new one.",
        "not_repeatable": "What was made then cannot be told again: the secret key that drew it is no longer among "
        "GOLIVE_SECRET_KEYS. Make another one, under another Idempotency-Key.",
        "run_ending": "The run is ending: aborted by rm.",
        "run_held": "The run is held; resume it first.",
        "run_state": "The run is held; only a running one can be held.",
        "same_build": "This is the build that the run already has.",
        "stale_subject": "“Release sign-off” is now about another subject than the one you saw (release); "
        "read it "
        "again and decide on it.",
        "task_state": "“Test the payment by card” is done; this needs it to be open / in_progress.",
        "template_changed": "What version 3 of the template saas-standard is made of is no longer there as it was; "
        "name a later version with “template_version”.",
        "too_many_informed": "At most 200 people can be kept informed of “Release sign-off”; 200 are already.",
        "too_many_signers": "At most 20 signers can be added.",
        "too_many_waivers": "At most 100 waivers can be asked for in one run; mend what fails instead.",
        "traffic_moved": "Traffic has already moved on the signed subject; abort or roll back first, then "
        "start a "
        "new run.",
        "waiver_closed": "The waiver of “Share of tests that pass” is granted, last by bo; nothing is decided on it "
        "any more.",
        "waiver_open": "There is a waiver of “Share of tests that pass” already, asked for or granted.",
        "user_exists": "There is a user ann already; choose another name or change that user.",
    },
    413: {
        "too_large": "The body is larger than 0.375 MiB. Nothing was kept; send less.",
    },
    415: {
        "wrong_media_type": "The body must be JSON, sent as “Content-Type: application/json”.",
    },
    422: {
        "absence_times": "Say until when ann is away: a time after 2026-11-22 14:05 UTC.",
        "bad_cursor": "The cursor “x” is none of this list; leave it out to begin with the first page.",
        "delegation_times": "Say until when the decision is handed over: a time after 2026-11-22 14:05 UTC.",
        "evidence_missing": "Evidence is missing for “Test the payment by card”: 1 × remark.",
        "file_missing": "The body holds no file in a part named “file”.",
        "function_missing": "“people.qa” names ann, who does not have that function; their functions are: "
        "ops.",
        "function_unused": "The plan asks nothing of the function “qa”, so nobody can be named for it.",
        "idempotency_key_invalid": "The Idempotency-Key must be 1 to 200 printable ASCII characters.",
        "idempotency_key_reused": "The Idempotency-Key 4f1c was used with another body; send this one under "
        "a new key.",
        "invalid": "“reason” is missing.",
        "item_open": "The required item “pays” has no result: Pays by card",
        "meaning": "An approval cannot mean “rejected”; use approved, reviewed or responsible.",
        "no_row_applies": "“Release sign-off” (uat.release) has no rules where class = major: no row of its "
        "table fits, so such a release does not go live by this template; choose another template, or other "
        "values",
        "nobody_for_function": "nobody has both the function “qa” and the role assignee, which uat.test "
        "needs; "
        "give a person both, or name one who has them for this function",
        "named_twice": "cleo is named twice.",
        "not_a_signer": "cleo cannot sign: that needs an enabled account with the role approver, which an "
        "administrator grants.",
        "not_in_function": "ann cannot do “Test the payment by card”: it takes the function qa and the role "
        "assignee.",
        "one_file_only": "Send one file at a time.",
        "other_release": "A new build is of the same service and environment: checkout in production.",
        "own_deputy": "Nobody stands in for themselves; name somebody else as the deputy of ann.",
        "own_manager": "Nobody is their own manager; name somebody else as the manager of ann, or nobody.",
        "parameter_invalid": "the parameter “pace” must be one of real, demo, not “slow”",
        "parameter_missing": "the parameter “window” (Maintenance window) has no default; give it a value",
        "plan_too_large": "the plan has 600000 bytes, of which 393216 fit into a run; split the template or "
        "its checklists",
        "reason_missing": "Say why, in the reason.",
        "reason_short": "Say in at least 20 characters what the emergency is; everybody will read it.",
        "role_missing": "“people.qa” names ann, who lacks the role that is asked of qa here: assignee.",
        "start_time_invalid": "the start lies in the past (2025-11-22T14:05:00+00:00); leave it out to start "
        "now",
        "task_missing": "Name the task that “Release sign-off” is returned to, as STAGE.TASK; it can be one "
        "of: uat.test.",
        "template_invalid": "template.yaml:1: a template is a group of keys, beginning with “name:”",
        "test_result_empty": "“results.xml” holds no test case, so it shows nothing.",
        "test_result_invalid": "“results.xml” is not JUnit XML: its line 3 cannot be read as XML.",
        "test_result_unsafe": "“results.xml” declares entities or a document type, which golive does not "
        "read; send "
        "plain JUnit XML.",
        "unknown_attachment": "There is no attachment none; upload the file with POST /attachments and send "
        "its id.",
        "unknown_item": "“Test the payment by card” has no item “pay”; it has pays, refunds.",
        "unknown_parameter": "there is no parameter “pase”; did you mean “pace”?",
        "unknown_template": "there is no template “sas-standard”; did you mean “saas-standard”?",
        "unknown_user": "“owner” names ann, who is not an enabled user of golive.",
        "unsatisfiable_approval": "nobody could sign “Release sign-off” (sign-off.release): qa × 1: – (− "
        "ann). Who started the run, "
        "made the release or did the work that is signed cannot sign, and each signature needs another "
        "person; name more "
        "people",
        "user_disabled": "“people.qa” names ann, who is disabled.",
        "verifier_missing": "the task “Test the payment by card” (uat.test) is confirmed by a second person, "
        "but of qa only ann "
        "has the role assignee; name another one",
        "waiver_times": "Say until when the waiver holds: a time after 2026-11-22 14:05 UTC.",
    },
    429: {
        "too_many_failures": "Too many sign-ins have failed here. Wait until 14:05 (UTC), then try again.",
    },
    500: {
        "unexpected": "golive failed at this; it is a fault of golive and is in its log. "
        "Sending it again with the same Idempotency-Key is safe.",
    },
    503: {
        "busy": "Too many acts on this run at once, so this one was not sent. "
        "Sending it again with the same Idempotency-Key is safe.",
        "database_unavailable": "The database did not answer in time, so the outcome is unknown. "
        "Sending it again with the same Idempotency-Key is safe and gets its one answer.",
        "engine_unavailable": "The engine did not answer in time, so the outcome is unknown: the act may "
        "still be "
        "applied. Sending it again with the same Idempotency-Key is safe and gets its one answer.",
        "no_news": "There is no news at the moment: load the page again to see what has changed.",
        "run_frozen": "The run is frozen: the database and Temporal know different things of it, because one "
        "of them was restored from an older backup. An operator writes what the database lacks with `golive db "
        "recover`; until then nothing goes on.",
    },
}
