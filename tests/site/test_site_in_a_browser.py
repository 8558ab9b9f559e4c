"""The page of results in a real browser, opened from a file: it draws, links, filters, sorts, and runs no text.

Needs Chromium on the path (Debian's package `chromium`), or where CHROMIUM says; skipped where there is none.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pages import HOSTILE, RUN

playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
FIGURE = "#experiment/miniature/figure_1_scale"
VIEWS = (
    *("#experiments", FIGURE, "#experiment/miniature/table_1_domain_shift", "#experiment/miniature/table_3_ensemble"),
    *("#experiment/miniature/skill_cards", "#experiment/paper/figure_4_parameters", "#claims", "#runs"),
    *("#point/miniature/figure_1_scale/8", "#run/00211464834e", "#run/ffffffffffff", "#nowhere"),
)


@dataclass
class Tab:
    """A page of the browser, and what it complained of and asked for."""

    page: Any
    site: Path
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, view: str) -> Any:
        """The page at a view, drawn."""
        self.page.goto("about:blank")
        self.page.goto(f"{(self.site / 'index.html').as_uri()}{view}")
        self.page.wait_for_selector("#view h1")
        if self.page.query_selector(".view"):
            self.page.wait_for_selector(".view svg")
        return self.page


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def tab_of(chromium: Any, site: Path, **options: Any) -> Tab:
    page = chromium.new_context(**options).new_page()
    page.set_default_timeout(20_000)  # milliseconds; the machine may have other work
    tab = Tab(page, site)
    page.on("console", lambda message: tab.complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: tab.complaints.append(str(error)))
    page.on("request", lambda request: tab.requests.append(request.url))
    return tab


@pytest.fixture
def tab(chromium: Any, site: Path) -> Iterator[Tab]:
    made = tab_of(chromium, site, viewport={"width": 1280, "height": 900})
    yield made
    made.page.context.close()
    assert made.complaints == []


def test_every_view_opens_without_a_complaint_and_asks_for_files_beside_it_alone(tab: Tab) -> None:
    for view in VIEWS:
        tab.open(view)
    here = tab.site.as_uri()
    assert len(tab.requests) > len(VIEWS)
    assert [url for url in tab.requests if not url.startswith((here, "about:blank", "data:,"))] == []


def test_a_point_tells_its_numbers_and_a_click_on_it_leads_to_its_runs(tab: Tab) -> None:
    page = tab.open(FIGURE)
    point = page.locator(".view .mark-symbol path").first
    point.hover()
    shown = page.locator(".tooltip").inner_text()
    for words in ("model tuning", "dev score (%)", "70.4", "69.3 to 71.8", "95 % interval", "n", "trained parameters"):
        assert words in shown
    point.click()
    page.wait_for_selector("[data-view=point] table")
    assert "superglue" in page.locator("h1").inner_text()
    page.locator("tbody a").first.click()
    page.wait_for_selector("[data-view=run]")
    assert "#run/" in page.url
    page.go_back()
    page.wait_for_selector("[data-view=point]")
    page.go_back()
    page.wait_for_selector("[data-view=experiment] .view svg")


def test_methods_tasks_and_rungs_are_switched_on_and_off_and_the_axis_is_changed(tab: Tab) -> None:
    page = tab.open(FIGURE)
    points = page.locator(".view .mark-symbol path")
    assert points.count() == 16
    page.get_by_label("prompt design", exact=True).uncheck()
    playwright.expect(points).to_have_count(11)
    page.get_by_label("mini_5", exact=True).uncheck()
    playwright.expect(points).to_have_count(8)
    page.get_by_label("rte", exact=True).check()
    playwright.expect(page.locator("figure")).to_have_count(2)
    playwright.expect(points).to_have_count(16)
    ticks = page.locator(".view").first.locator(".role-axis-label text").all_inner_texts()
    page.get_by_label("log x axis").uncheck()
    page.wait_for_timeout(200)
    assert page.locator(".view").first.locator(".role-axis-label text").all_inner_texts() != ticks
    page.get_by_label("y", exact=True).select_option(label="model tuning less this (points)")
    playwright.expect(points).to_have_count(8)  # the prompts of four rungs on two tasks


def test_a_table_is_sorted_by_keys(tab: Tab) -> None:
    page = tab.open(FIGURE)
    head = page.locator("th", has_text="mean (%)")
    head.locator("button").focus()
    column = page.locator("thead th").all_inner_texts().index("mean (%)")
    for key, way in (("Enter", "ascending"), ("Space", "descending")):
        page.keyboard.press(key)
        assert head.get_attribute("aria-sort") == way
        shown = [float(text) for text in page.locator(f"tbody td:nth-child({column + 1})").all_inner_texts()]
        assert len(shown) == 30
        assert shown == sorted(shown, reverse=way == "descending")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_predictions_are_filtered_by_wrong_and_by_what_another_run_answered(tab: Tab) -> None:
    page = tab.open("#run/00211464834e")
    status, examples = page.locator("[role=status]"), page.locator(".examples > li")
    assert status.inner_text() == "250 of 250 examples"
    page.get_by_label("wrong", exact=False).check()
    playwright.expect(status).to_have_text("1 of 250 examples")
    assert examples.locator(".mark").all_inner_texts() == ["wrong"]
    assert page.get_by_label("differs").is_disabled()
    page.get_by_label("Beside").select_option(index=1)
    page.get_by_label("differs").check()
    assert 0 < int(status.inner_text().split()[0]) < 250
    for each in examples.all():
        own, other = each.locator("q").all_inner_texts()
        assert own != other
    address = page.url
    assert "show=differs" in address
    found = status.inner_text()
    tab.open(address[address.index("#") :])  # what was chosen can be sent to somebody
    assert page.locator("[role=status]").inner_text() == found


def test_a_run_tells_what_it_is_and_links_back(tab: Tab) -> None:
    page = tab.open("#run/00211464834e")
    shown = page.locator("main").inner_text()
    for words in ("1,558,560", "best, step 300", "optim", "deviations", "commit", "dev/accuracy", "99.6"):
        assert words in shown
    page.locator(".crumbs a").first.click()
    page.wait_for_selector("[data-view=experiment]")
    assert page.url.endswith(FIGURE)


def test_claims_are_filtered_by_their_verdicts(tab: Tab) -> None:
    page = tab.open("#claims")
    assert page.locator(".claim").count() == 39
    page.get_by_label("does not hold", exact=True).uncheck()
    assert set(page.locator(".claim .badge").all_inner_texts()) == {
        "holds",
        "undecided",
        "cannot be tested at this scale",
    }


def test_runs_are_found_by_words(tab: Tab) -> None:
    page = tab.open("#runs")
    page.get_by_label("Filter").fill("mini_3 lora wic")
    rows = page.locator("tbody tr").all_inner_texts()
    assert rows
    assert all("mini_3" in row and "lora" in row and "wic" in row for row in rows)


def test_the_theme_is_the_system_s_until_one_says_otherwise(chromium: Any, site: Path) -> None:
    tab = tab_of(chromium, site, color_scheme="dark")
    page = tab.open("#experiments")
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == "rgb(20, 23, 26)"
    page.locator("#theme").click()
    assert page.evaluate(background) == "rgb(252, 252, 250)"
    tab.open("#claims")
    assert page.evaluate(background) == "rgb(252, 252, 250)"
    assert tab.complaints == []


def test_a_phone_never_scrolls_the_page_sideways(chromium: Any, site: Path) -> None:
    tab = tab_of(chromium, site, viewport={"width": 390, "height": 844})
    for view in VIEWS:
        page = tab.open(view)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, view
    assert tab.complaints == []


def test_markup_and_code_in_records_are_shown_as_text_and_run_nothing(chromium: Any, hostile: Path) -> None:
    tab = tab_of(chromium, hostile)
    for view in ("#experiments", "#experiment/own/odd", "#point/own/odd/0", f"#run/{RUN}", "#claims", "#runs"):
        page = tab.open(view)
        assert "<img src=x onerror=" in page.locator("main").inner_text(), view
        assert page.locator("main img, main script").count() == 0, view
    page = tab.open("#experiment/own/odd")
    page.locator(".view .mark-symbol path").first.hover()
    assert "<img src=x" in page.locator(".tooltip").inner_text()
    page = tab.open(f"#run/{RUN}")
    assert HOSTILE.replace("\u2028", "") in page.locator(".examples").text_content().replace("\u2028", "")
    for address in ("#run/<img src=x onerror=window.hacked=1>", "#experiment/<script>window.hacked=1</script>", "#%"):
        tab.open(address)
    page.wait_for_timeout(200)
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("({}).hacked") is None
    assert tab.complaints == []
