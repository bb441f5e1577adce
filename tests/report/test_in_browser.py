"""The report in a real browser: that of the kept example, or the one that REPORT names. `make test-report` runs it."""

import os
import shutil
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from commands import ROOT

from redraw import redraw
from vrrae_bench.artefacts.records import write_record
from vrrae_bench.artefacts.shown import SHOWN_IMAGES, SHOWN_MEANS
from vrrae_bench.reporting.claims.claims import CLAIMS

KEPT = ROOT / "docs/example-report"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDTHS, SCHEMES = (390, 820, 1440), ("light", "dark")

if os.environ.get("BROWSER_REQUIRED"):
    assert CHROMIUM, "there is no Chromium on the PATH"
elif not CHROMIUM:
    pytest.skip("no Chromium is installed (Debian: apt-get install chromium)", allow_module_level=True)
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed. Type: make browser")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed. Type: make browser")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A report from what the repository keeps of the example, as today's code writes it."""
    if named := os.environ.get("REPORT"):
        return Path(named).resolve()
    results = tmp_path_factory.mktemp("results") / "results"
    shutil.copytree(KEPT, results)
    add_images(next(results.glob("runs/synthetic/ae/*/seed=0")))
    redraw(results)
    return results / "report.html"


def add_images(run):
    """What sampling leaves beside a run, made up, for the first run of the page: none is kept of it."""
    rng = np.random.default_rng(0)
    images = {"random": rng.uniform(size=(24, 28, 28, 1)), "transitions": rng.uniform(size=(6, 4, 28, 28, 1))}
    np.savez(run / SHOWN_IMAGES, **images)
    np.savez(run / SHOWN_MEANS, train=rng.normal(size=(60, 2)), spread=np.ones(2), labels=np.arange(60) % 10)
    write_record(run / "sample.json", {}, [SHOWN_IMAGES, SHOWN_MEANS])


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        # As root, as in a container, Chromium does not start within its sandbox.
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def opened(browser, report):
    """Opens the report. To ask the page for anything, its own policy has to be set aside, which forbids that."""
    contexts = []

    def open_with(width=1440, scheme="light", **options):
        viewport = {"width": width, "height": 900}
        context = browser.new_context(viewport=viewport, color_scheme=scheme, **({"bypass_csp": True} | options))
        contexts.append(context)
        page = context.new_page()
        page.goto(report.as_uri())
        return page

    yield open_with
    for context in contexts:
        context.close()


def unfold(page):
    page.evaluate("for (const fold of document.querySelectorAll('main details')) fold.open = true")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_page_asks_for_nothing_and_the_browser_complains_of_nothing(browser, report, scheme):
    context = browser.new_context(color_scheme=scheme)
    page, said, asked = context.new_page(), [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    page.locator("details.claim > summary").first.click()
    page.locator(".enlarge").first.click()
    page.keyboard.press("Escape")
    page.locator("#by-method").select_option(index=1)
    context.close()
    assert not said and [url for url in asked if not url.startswith("data:")] == [report.as_uri()]


def test_every_link_leads_somewhere(opened, report):
    addresses = opened().eval_on_selector_all("a", "links => links.map(link => link.getAttribute('href'))")
    places = set(opened().eval_on_selector_all("[id]", "places => places.map(place => place.id)"))
    inside = {address[1:] for address in addresses if address.startswith("#")}
    assert inside <= places and {"table_2", "runs", "run-1", "note-1"} <= inside
    files = {unquote(address) for address in addresses if not address.startswith("#")}
    assert all((report.parent / file).is_file() for file in files)
    assert {"tables/table_2.csv", "figures/figure_a2_1.pdf"} <= files


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_screen(opened, width, scheme):
    page = opened(width, scheme)
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_no_serious_barrier(opened, width, scheme):
    page = opened(width, scheme)
    unfold(page)
    # Of what repeats, the first: axe takes minutes for all.
    repeated = [[".run ~ .run"], [".claim ~ .claim"], ["#all-runs tbody tr ~ tr ~ tr"], ["nav li ~ li ~ li li"]]
    found = axe.Axe().run(page, context={"exclude": repeated}).response["violations"]
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    told = [f"{one['id']}: {one['help']}: {[node['html'][:200] for node in one['nodes'][:3]]}" for one in serious]
    assert not serious, "\n".join(told)


def test_headings_landmarks_and_tables_tell_what_they_are(opened):
    page = opened()
    levels = page.eval_on_selector_all("h1, h2, h3, h4, h5, h6", "all => all.map(one => Number(one.tagName[1]))")
    assert levels.count(1) == 1 and all(b - a <= 1 for a, b in zip(levels, levels[1:]))
    assert page.locator("main").count() == page.locator("nav").count() == 1
    assert page.locator("table").count() == page.locator("table > caption").count() > 10
    assert page.locator("th:not([scope])").count() == 0
    assert page.locator("img:not([alt]), img[alt='']").count() == 0


def test_the_first_screen_has_the_verdicts_and_table_2(opened):
    page = opened()
    for part in ("#summary .lines", ".strip", "#table_2 table"):
        box = page.locator(part).first.bounding_box()
        assert box["y"] + (0 if "table" in part else box["height"]) < 900
    assert page.locator(".strip a").count() == page.locator("details.claim").count() == len(CLAIMS)


def test_all_is_reached_by_keyboard(opened):
    page = opened()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    square = page.locator(".strip a").last
    square.focus()
    page.keyboard.press("Enter")
    name = square.get_attribute("href")
    page.wait_for_function("name => document.querySelector(name).open", arg=name)
    assert page.locator(f"{name} > summary").bounding_box()["y"] < 900
    picture = page.locator(".enlarge").first
    picture.focus()
    page.keyboard.press("Enter")
    assert page.locator("dialog img").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("dialog").is_visible()
    assert page.evaluate("document.activeElement.className") == "enlarge"


@pytest.mark.skipif("REPORT" in os.environ, reason="of images that the test adds")
def test_a_run_shows_its_images_and_points_or_says_that_they_are_not_there(opened):
    page = opened()
    page.locator("#run-1 > summary").click()
    pictures = page.locator("#run-1 img.pixels")
    alternatives = [picture.get_attribute("alt") for picture in pictures.all()]
    assert alternatives == [
        "12 images that were generated at random",
        "6 training images, and below each its reconstruction",
    ]
    pictures.first.scroll_into_view_if_needed()
    assert all(
        picture.evaluate("async image => (await image.decode(), image.naturalWidth)") for picture in pictures.all()
    )
    assert page.locator("#run-1 svg.dots path").count() == 10
    assert "are not in the folder" not in page.locator("#run-1").inner_text()
    page.locator("#run-2 > summary").click()
    told = page.locator("#run-2").inner_text()
    assert "images and latent means of this run are not in the folder of the report" in told


def test_runs_are_sorted_with_what_is_missing_last(opened):
    page = opened()
    heading = page.locator("#all-runs thead th", has_text="FID, random")
    column = heading.evaluate("cell => cell.cellIndex")
    for way, order in (("ascending", 1), ("descending", -1)):
        heading.locator("button").focus()
        page.keyboard.press("Enter")
        assert heading.get_attribute("aria-sort") == way
        texts = page.locator(f"#all-runs tbody tr > :nth-child({column + 1})").all_inner_texts()
        numbers = [float(text) for text in texts if text != "–"]
        assert numbers == sorted(numbers)[::order] and len(numbers) > 5
        assert set(texts[len(numbers) :]) == {"–"}


def test_runs_are_filtered_and_the_totals_are_of_those_shown(opened):
    page = opened()
    page.select_option("#by-dataset", "MNIST")
    page.fill("#by-text", "vrrae")
    shown = page.locator("#all-runs tbody tr:visible")
    rows = [row.locator("th, td").all_inner_texts() for row in shown.all()]
    assert len(rows) > 2 and all(row[1] == "MNIST" and "VRRAE" in row[2] for row in rows)
    total = page.locator("#all-runs tfoot tr").locator("th, td").all_inner_texts()
    assert total[1] == f"{len(rows)} runs"
    steps, seconds = total[3], total[8]
    assert int(steps) == sum(int(row[5]) for row in rows) and int(seconds) == sum(int(row[10]) for row in rows)


def test_on_paper_everything_is_unfolded_and_there_is_no_contents(opened):
    page = opened()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert not page.locator("nav").is_visible()
    assert page.locator("main details:not([open]):not(.run)").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details.claim[open]").count() == 0


def test_the_page_is_small_enough_to_be_sent(report):
    assert report.stat().st_size < 15e6
