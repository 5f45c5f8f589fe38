"""What an alert says in words: a story for each reason, in English and in Chinese."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from tests.agents.alerting import Alerting, codes
from tests.oracle.sending import Sent, complaint, file, giving_back, order, tick


class Words(NamedTuple):
    """The text of the reason, and the advice."""

    text: str
    advice: str


class Story(NamedTuple):
    """What happens to ann, up to the alert whose weightiest reason is `code`."""

    code: str
    sent: list[Sent]
    en: Words
    zh: Words
    weights: str = ""  # of reasons that would come in between


STORIES = [
    Story(
        "slipping",
        [tick("2024-01-22")],
        Words(
            "No order for 9 days, where one used to come every 4.",
            "Call within two days: ask whether the next order is planned, and what is in its way.",
        ),
        Words(
            "已 9 天没有下单，平时大约每 4 天一单。",
            "请两天内致电：询问下一单的计划，以及遇到了什么阻碍。",
        ),
    ),
    Story(
        "dormant",
        [tick("2024-05-13")],
        Words(
            "No order for 121 days, the last one on 2024-01-13.",
            "Call this week: ask what has changed, and offer a reason to order again.",
        ),
        Words(
            "已 121 天没有下单（最后一单 2024-01-13）。",
            "请本周内致电：了解有什么变化，并给客户一个再次下单的理由。",
        ),
    ),
    Story(
        "inactive",
        [tick("2025-01-12")],
        Words(
            "No order for 365 days, the last one on 2024-01-13: nothing is left in the window.",
            "Call in person and ask what would bring them back; offer a restart.",
        ),
        Words(
            "已 365 天没有下单（最后一单 2024-01-13），统计窗口内已无订单。",
            "请亲自致电，了解怎样才能让客户回来，并给出重新合作的方案。",
        ),
    ),
    Story(
        "severe_complaint",
        [
            tick("2024-01-14"),
            complaint("ann", "2024-01-14", complaint_id="k-7", severity=4, category="delivery"),
        ],
        Words(
            "A complaint of severity 4 (delivery) is open: k-7.",
            "Call today, before any offer: own the complaint and name who solves it by when.",
        ),
        Words(
            "有一宗 4 级投诉未了结（配送）：k-7。",
            "请今天致电，先处理投诉再谈业务：说明由谁负责、何时解决。",
        ),
    ),
    Story(
        "overdue_complaint",
        [
            complaint("ann", "2024-01-14", complaint_id="k-7", severity=3, category="price"),
            tick("2024-01-20"),
        ],
        Words(
            "A complaint (price) has been open for 6 days: k-7.",
            "Get the complaint solved first, then call with the answer in hand.",
        ),
        Words(
            "投诉 k-7（价格）已 6 天未了结。",
            "请先督促解决投诉，再带着结果致电客户。",
        ),
    ),
    Story(
        "tier_fall",
        [giving_back("ann", "2024-01-13", 399_950)],
        Words(
            "Fell from super to small.",
            "Look at what they stopped buying, and call with a proposal for just that.",
        ),
        Words(
            "从顶级客户降为小客户。",
            "请查看客户停购了哪些品类，带着针对性的方案致电。",
        ),
    ),
    Story(
        "revenue_drop",
        [tick("2024-04-08")],
        Words(
            "Revenue of the last 90 days is 1,000.00 CNY, 66 % less than the 3,000.00 CNY of the"
            " 90 days before.",
            "Compare the two quarters by product, and ask where the rest is bought now.",
        ),
        Words(
            "最近 90 天收入 1,000.00 CNY，比之前 90 天的 3,000.00 CNY 少 66%。",
            "请按产品对比前后两个季度，了解其余需求转到了哪里。",
        ),
        weights="slipping = 0",
    ),
]


def worker(language: str, weights: str = "", also: str = "") -> Alerting:
    """ann is `super`: 4,000.00 CNY in orders of 1, 5, 9 and 13 January."""
    told = Alerting(f'[churn]\nlanguage = "{language}"\n[churn.weights]\n{weights}\n{also}')
    days = ("2024-01-01", "2024-01-05", "2024-01-09", "2024-01-13")
    told.send(file("ann"), *[order("ann", day, 100_000) for day in days])
    told.crowd("2024-01-13")
    assert told.alerts() == []
    return told


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.code)
def test_every_reason_is_said_in_the_language_of_the_rules(story: Story, language: str) -> None:
    told = worker(language, story.weights)
    alert = told.then(*story.sent)[-1]
    words: Words = getattr(story, language)
    assert codes(alert)[0] == story.code
    assert alert["reasons"][0]["text"] == words.text
    assert alert["advice"] == words.advice


@pytest.mark.parametrize(
    ("category", "chinese"),
    [("product", "产品"), ("delivery", "配送"), ("service", "服务"), ("facility", "设施"),
     ("price", "价格"), ("other", "其他")],
)  # fmt: skip
def test_the_category_of_a_complaint_is_in_the_same_language(category: str, chinese: str) -> None:
    for language, word in (("en", f"({category})"), ("zh", f"（{chinese}）")):
        opened = complaint("ann", "2024-01-14", severity=5, category=category)
        (alert,) = worker(language).then(tick("2024-01-14"), opened)
        assert word in alert["reasons"][0]["text"]
        assert alert["reasons"][0]["facts"]["category"] == category


def test_a_text_and_an_advice_of_ones_own_take_the_place_of_those_shipped() -> None:
    own = (
        '[churn.text.zh]\nslipping = "{silent_days} 天，{revenue_at_risk}，{tier_before}"\n'
        '[churn.advice.zh]\nslipping = "打电话（每 {usual_gap_days} 天）"\n'
    )
    (alert,) = worker("zh", also=own).then(tick("2024-01-22"))
    assert alert["reasons"][0]["text"] == "9 天，1,200.00 CNY，顶级客户"
    assert alert["advice"] == "打电话（每 4 天）"


def facts(alert: dict[str, Any]) -> list[Any]:
    return [reason["facts"] for reason in alert["reasons"]]


def test_all_but_the_words_is_the_same_in_either_language() -> None:
    """The language is among the rules, so their digest differs too."""
    english, chinese = (worker(language).then(tick("2024-05-13"))[-1] for language in ("en", "zh"))
    assert facts(english) == facts(chinese)
    assert english["rules"] != chinese["rules"]
    for same in ("customer_id", "severity", "score", "tier", "rfm", "revenue", "revenue_at_risk",
                 "cooldown_until", "at"):  # fmt: skip
        assert english[same] == chinese[same]
