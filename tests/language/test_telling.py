from __future__ import annotations

import pytest

from golive.words import Text, say
from language import name_of, preferred, tell, translator, whole


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "en"),
        ("zh", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,zh;q=0.9", "en"),
        ("fr, de;q=0.7, zh;q=0.1", "zh"),
        ("fr", "en"),
        ("zh;q=broken", "en"),
        ("en;q=0.5, zh;q=0.6", "zh"),
    ],
)
def test_the_language_that_is_asked_for_most(accept: str, language: str) -> None:
    assert preferred(accept) == language


def test_a_sentence_is_told_with_its_inner_sentences_and_texts() -> None:
    inner = say("pause for {duration}", duration="5m")
    told = say("Rollout step {step}: {what}", step=2, what=inner)
    assert tell(told, "en") == "Rollout step 2: pause for 5m"
    assert tell(told, "zh") == "放量第 2 步：暂停 5m"
    titled = say("“{title}” is overdue.", title=Text(en="Smoke test", zh="冒烟测试"))
    assert tell(titled, "zh") == "“冒烟测试”已逾期。"


def test_states_in_sentences_go_by_their_names() -> None:
    closed = say("The run is {state}; resume it first.", state="rolling_back")
    assert tell(closed, "en") == "The run is rolling back; resume it first."
    assert "回滚中" in tell(closed, "zh")
    several = say(
        "“{title}” is {state}; this needs it to be {allowed}.",
        title="open",
        state="done",
        allowed="open / blocked",
    )
    assert tell(several, "zh") == "“open”的状态是“完成”；此操作要求其为“已打开 / 受阻”。"


def test_an_unknown_sentence_stays_as_it_is() -> None:
    assert translator("zh")("never said") == "never said"
    assert name_of("never_said", "zh") == "never said"


def test_a_sentence_that_stands_alone_is_whole() -> None:
    assert whole(say("the start lies in the past"), "en") == "The start lies in the past."
    inner = say("the key “{key}” is missing", key="stages")
    assert whole(say("{what}", what=inner), "en") == "The key “stages” is missing."
    assert whole(say("{needed} asks for it", needed="s.go"), "en") == "s.go asks for it."
    assert whole(say("golive failed at this"), "en") == "golive failed at this."
    assert whole(say("Held: {why}. It goes on.", why="wait."), "en") == "Held: wait. It goes on."
    assert whole(say("{what}…", what="more"), "en") == "more…"
    assert whole(say("{what}", what="more..."), "en") == "more..."
    assert (
        whole(say("{why}。{who} 可以恢复。", why="It is moved.", who="rm"), "zh")
        == "It is moved。rm 可以恢复。"
    )
    assert whole(say("the start lies in the past"), "zh").endswith("。")


def test_whole_numbers_are_written_without_a_fraction() -> None:
    assert tell(
        say("{observed} is not {compare} {threshold}", observed=2.0, compare="<=", threshold=0.5), "en"
    ) == ("2 is not <= 0.5")
