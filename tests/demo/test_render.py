"""The page as a terminal shows it."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from streams.demo import figures
from streams.demo.alerts import Alert, Alerts, Desk
from streams.demo.marks import marks
from streams.demo.render import Page, render_page


def desk(manager: str, shown: int = 1) -> Desk:
    reasons = (
        "No order for 121 days, the last one on 1998-02-26.",
        "Revenue of the last 90 days is 0.00 CNY, 100 % less than the 14.99 CNY of the 90 days"
        " before.",
    )
    advice = "Call within two days: ask whether the next order is planned, and what is in its way."
    alert = Alert("1998-06-27", "04280", "urgent", 100, "inactive", 1_234_567, 987_654, reasons,
                  advice)  # fmt: skip
    small = replace(alert, customer_id="7", tier="super", severity="warn", revenue_at_risk=5)
    return Desk(manager, 1_061, 59, 289_628, (alert, small)[:shown])


def page() -> Page:
    tiers = (
        figures.TierFigures("super", 85, 15_421_920, 0.0102, 0.1442, 100_204),
        figures.TierFigures("large", 332, 20_215_572, 0.0398, 0.1890, 43_198),
        figures.TierFigures("medium", 1_252, 32_351_356, 0.1503, 0.3025, 16_840),
        figures.TierFigures("small", 6_663, 38_946_802, 0.7997, 0.3642, None),
    )
    pyramid = figures.Pyramid(tiers, {"inactive": 15_238}, 8_332, 106_935_650)
    grid = {
        (r, f): figures.Cell(r * 100 + f, 4_321) for r in figures.SCORES for f in figures.SCORES
    }
    grid[1, 1] = figures.Cell(0, 0)
    changes = [
        figures.Change(
            "1998-06-30T23:59:59Z", "16790", "small", "inactive", "down", "expiry", -250, None
        ),
        figures.Change(
            "1998-06-30T23:59:59Z", "22019", None, "small", "entered", "order", 22_436, 0.0312
        ),
    ]
    silent = figures.Silent(
        "13167", "slipping", "1998-06-10T00:00:00Z", 18, 8.125, "super", 380_131
    )
    silence = figures.Silence(
        {"slipping": 269, "dormant": 4_048, "inactive": 15_238},
        {"slipping": 9_583_729, "dormant": 27_476_348, "inactive": 0},
        (silent,),
        "1998-05-31",
    )
    movement = figures.movement(
        [{"from": None, "to": "small", "at": "1998-06-24T00:00:00Z"}] * 3
        + [{"from": "small", "to": "inactive", "at": "1998-06-30T00:00:00Z"}] * 1_234
    )
    return Page("1998-06-30", "1998-06-24", pyramid, grid, movement, changes, silence, ALERTS)


ALERTS = Alerts(1_523, 12, (desk("goran", shown=2), desk("hana")))


def printed(
    width: int, *, ascii_only: bool = False, colour: bool = False, alerts: Alerts = ALERTS
) -> str:
    out = StringIO()
    console = Console(
        file=out, width=width, force_terminal=colour, color_system="truecolor" if colour else None
    )
    signs = marks(ascii_only=ascii_only, colour=colour, decimals=2)
    console.print(render_page(replace(page(), alerts=alerts), width, signs))
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 120, 150, 200])
def test_no_line_is_longer_than_the_terminal_is_wide(width: int) -> None:
    lines = printed(width).splitlines()
    assert max(cell_len(line) for line in lines) <= width


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize(
    "shown",
    [
        "8,332 active customers, revenue 1,069,356.50",
        "14.4 %",
        "154,219.20",
        "1,002.04",
        "15,238 inactive",
        "504",
        "43.21",
        "since 1998-06-24: 1,237 tier-changes",
        "1,234",
        "expiry",
        "-2.50",
        "224.36",
        "3.1 %",
        "269 slipping (95,837.29), 4,048 dormant (274,763.48)",
        "3,801.31",
        "Churn alerts since 1998-06-24: 1,523, to 12 account managers; the busiest",
        "goran: 1,061 alerts of 59 customers, 2,896.28 at risk; the 2 with most:",
        "hana: 1,061 alerts of 59 customers, 2,896.28 at risk; the 1 with most:",
        "1998-06-27  04280  inactive  urgent  score 100  9,876.54 of 12,345.67 at risk",
        "1998-06-27  7      super     warn    score 100      0.05 of 12,345.67 at risk",
        "  No order for 121 days, the last one on 1998-02-26. Revenue of the last 90",
        "  → Call within two days: ask whether the next order is planned",
        "8.1",
    ],
)
def test_every_figure_is_shown_whole(width: int, shown: str) -> None:
    assert shown in printed(width)


def test_without_colours_there_are_no_colour_codes_and_shades_take_their_place() -> None:
    plain = printed(80)
    assert "\x1b" not in plain
    assert "██   505 ██" in plain


def test_with_colours_cells_are_coloured_and_not_shaded() -> None:
    coloured = printed(80, colour=True)
    assert "\x1b[" in coloured
    assert "▒" not in coloured


def test_marks_for_a_terminal_that_knows_ascii_alone_are_ascii() -> None:
    signs = marks(ascii_only=True, colour=False, decimals=2)
    assert repr(signs).isascii()
    assert signs.bar(0.5, 5, leftwards=True) == "  |##"


def test_bars_are_drawn_in_half_cells_and_what_is_there_is_seen() -> None:
    signs = marks(ascii_only=False, colour=True, decimals=2)
    assert signs.bar(0.5, 5) == "██▌  "
    assert signs.bar(0.5, 5, leftwards=True) == "  ▐██"
    assert signs.bar(0.0001, 4) == "▌   "
    assert signs.bar(0.0, 4) == "    "


def test_money_has_the_decimals_of_its_currency() -> None:
    assert marks(ascii_only=False, colour=True, decimals=2).money(-123_456) == "-1,234.56"
    assert marks(ascii_only=False, colour=True, decimals=0).money(123_456) == "123,456"
    assert marks(ascii_only=False, colour=True, decimals=3).money(1_005) == "1.005"


def test_texts_of_alerts_are_not_drawn_wider_than_can_be_read() -> None:
    lines = printed(200).splitlines()
    texts = [line.rstrip() for line in lines if "No order for" in line]
    assert texts
    assert all(len(line) <= 100 for line in texts)


def test_the_second_line_of_advice_stands_under_the_first() -> None:
    lines = [line.rstrip() for line in printed(80).splitlines()]
    first = next(at for at, line in enumerate(lines) if line.startswith("  → Call within"))
    assert lines[first + 1].startswith("    ")
    assert lines[first + 1].strip()


def test_between_sentences_in_chinese_there_is_no_space() -> None:
    (alert,) = desk("goran").shown
    said = replace(alert, reasons=("已 9 天没有下单。", "从大客户降为中客户。"), advice="请致电。")
    shown = printed(80, alerts=Alerts(1, 1, (replace(desk("goran"), shown=(said,)),)))
    assert "  已 9 天没有下单。从大客户降为中客户。" in shown
    assert "  → 请致电。" in shown


def test_a_desk_of_which_all_is_shown_speaks_of_no_more() -> None:
    whole = replace(desk("goran"), alerts=1, customers=1)
    assert "1 alerts of 1 customers, 2,896.28 at risk\n" in printed(
        80, alerts=Alerts(1, 1, (whole,))
    )


@pytest.mark.parametrize("width", [80, 200])
def test_a_page_without_alerts_says_so(width: int) -> None:
    assert "No alert was said." in printed(width, alerts=Alerts(0, 0, ()))
