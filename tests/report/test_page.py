"""The page: what it says, that it stands alone, and that a real browser shows it without complaint."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

import ludus
from ludus.population import League
from ludus.report.history import history, lineage
from ludus.report.page import write_report
from ludus.report.summary import summarise


class Texts(HTMLParser):
    """The page's tables as rows of cell texts, and every attribute that could load something."""

    def __init__(self, page: str):
        super().__init__()
        self.rows: list[list[str]] = []
        self.tips: list[str] = []
        self.loads: list[str] = []
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.loads += [found[k] for k in ("src", "href", "action", "srcset", "data") if k in found]
        self.tips += [found["data-tip"]] if "data-tip" in found else []
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.inside = True

    def handle_endtag(self, tag):
        self.inside = self.inside and tag not in ("td", "th")

    def handle_data(self, data):
        if self.inside:
            self.rows[-1][-1] += data


@pytest.fixture(scope="module")
def page(reported, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    assert write_report(path, "A league & its <solution>", league=reported.path, solution=reported.solution) == path
    return path


def test_the_numbers_are_those_of_the_league(page, reported):
    texts = Texts(page.read_text())
    with League.open(reported.path, read_only=True) as league:
        payoffs, board = league.payoffs(), league.leaderboard()
        exact = league.exact()
    rows = {row[0]: row for row in texts.rows[1:6]}
    assert list(rows) == list(board.players)
    for i, name in enumerate(exact.names):
        assert rows[name][3] == f"{exact.field[i]:.4f}".replace("-", "−")
        gap = exact.exploitability[i]
        assert rows[name][4] == f"{gap:.4f}" or (gap < 1e-3 and "·10⁻" in rows[name][4])
    assert rows["silent"][3] == rows["silent"][4] == "–"
    for name in payoffs.names:
        assert rows[name][2].startswith(f"{board[name].mu:.2f} ± ")
        assert rows[name][6] == f"{board[name].matches:,}"
    i, j = payoffs.names.index("CFR+"), payoffs.names.index(reported.odd)
    tip = next(t for t in texts.tips if t.startswith(f"CFR+ against {reported.odd}\n"))
    assert f"\n{payoffs.count[i, j]:,} matches\n" in tip
    assert f"{payoffs.mean[i, j]:.4f}".replace("-", "−") in tip


def test_it_stands_alone(page):
    text = page.read_text()
    assert [url for url in Texts(text).loads if not url.startswith("data:")] == []
    assert "://" not in text
    assert "@import" not in text
    assert "url(" not in text
    assert len(text) < 200_000


def test_the_browser_would_tell_of_an_error(page, browse, tmp_path):
    broken = tmp_path / "broken.html"
    broken.write_text(page.read_text().replace('"use strict";', '"use strict"; missing();'))
    assert "CONSOLE" in browse(broken)[1]


def test_a_browser_shows_it_without_complaint(page, browse):
    for options in ((), ("--window-size=390,844",), ("--blink-settings=preferredColorScheme=0",)):
        dom, said = browse(page, *options)
        assert "CONSOLE" not in said
        assert "<title>A league &amp; its &lt;solution&gt;</title>" in dom
        # ratings, gap curve, lineage, ratings over time, the population over time
        assert dom.count("<svg") == 5
        assert "Exploitability" in dom


PROBE = """<script>
const answer = {};
const names = () => [...document.querySelectorAll(".board tbody th")].map(th => th.textContent);
const head = [...document.querySelectorAll(".board button")].find(b => b.textContent === "Exploitability");
head.click(); answer.first = names();
head.click(); answer.second = names();
const cell = document.querySelector(".heat td[data-tip]");
cell.dispatchEvent(new PointerEvent("pointermove", {bubbles: true, clientX: 40, clientY: 40, pointerType: "mouse"}));
answer.tip = document.getElementById("tip").className + ":" + document.getElementById("tip").textContent;
const heat = document.querySelector(".heat");
const rows = () => [...heat.querySelectorAll("tbody th")].map(th => th.textContent);
answer.ranked = rows();
[...heat.querySelectorAll("thead button")].at(-1).click(); answer.sorted = rows();
const menus = [...document.querySelectorAll("#pair select")];
const table = () => [...document.querySelectorAll("#pair tbody tr")].map(row => [...row.cells].map(c => c.textContent));
const other = [...heat.querySelectorAll("td[data-pair]")].find(c => c.dataset.pair === "3,1");
other.click(); answer.pair = menus.map(m => m.selectedOptions[0].textContent); answer.table = table();
menus[0].value = "1"; menus[1].value = "3"; menus[1].dispatchEvent(new Event("change")); answer.turned = table();
menus[0].value = "1"; menus[1].value = "1"; menus[1].dispatchEvent(new Event("change"));
answer.alone = [table().length, document.getElementById("pair-none").hidden];
answer.overflow = document.documentElement.scrollWidth - innerWidth;
document.title = JSON.stringify(answer);
</script></body>"""


@pytest.mark.parametrize("width", [390, 1280])
def test_sorting_and_pointing_work(page, browse, reported, tmp_path, width):
    import html
    import json

    probed = tmp_path / "probed.html"
    probed.write_text(page.read_text().replace("</body>", PROBE))
    dom, said = browse(probed, f"--window-size={width},900")
    assert "CONSOLE" not in said
    answer = json.loads(html.unescape(re.search(r"<title>(.*?)</title>", dom, re.DOTALL).group(1)))
    with League.open(reported.path, read_only=True) as league:
        exact, payoffs, board = league.exact(), league.payoffs(), league.leaderboard()
    upwards = [exact.names[i] for i in exact.exploitability.argsort()]
    assert answer["first"] == [*upwards, "silent"]
    assert answer["second"] == [*upwards[::-1], "silent"], "what is not known stays at the end"
    assert answer["tip"].startswith("on:")
    assert "matches" in answer["tip"]
    order = list(board.players)
    at = [payoffs.names.index(name) for name in order]
    assert answer["ranked"] == order
    against_last = [(payoffs.mean[i, at[-1]], name) for i, name in zip(at[:-1], order)]
    assert answer["sorted"] == [*(name for _, name in sorted(against_last, reverse=True)), order[-1]]
    assert answer["pair"] == [order[3], order[1]]
    count, wins, mean = (getattr(payoffs, key)[at[3], at[1]] for key in ("count", "wins", "mean"))
    played = [int(row[1].replace(",", "")) for row in answer["table"]]
    assert sum(played) == count
    assert sum(int(row[3].replace(",", "")) for row in answer["table"]) == wins
    means = [float(row[6].replace("−", "-")) for row in answer["table"]]
    assert sum(m * n for m, n in zip(means, played)) / count == pytest.approx(mean, abs=1e-3)
    assert [row[3] for row in answer["turned"]] == [row[5] for row in answer["table"]], "seen from the other side"
    assert answer["alone"] == [0, False]
    assert answer["overflow"] <= 0, "the page itself must not scroll sideways"


def test_history_is_that_of_the_store(reported):
    with League.open(reported.path, read_only=True) as league:
        past, board, payoffs = history(league), league.leaderboard(), league.payoffs()
    for player, mu in zip(board.players, board.mu):
        assert past.ratings.mu[-1, past.ratings.names.index(player)] == pytest.approx(mu)
    assert sum(part.payoffs.count for part in past.slices).tolist() == payoffs.count.tolist()
    assert past.measures is not None
    assert past.measures.exploitability[-1] == pytest.approx(0, abs=1e-9)
    assert past.strangers == 0
    kin = {row.name: row for row in past.lineage}
    assert kin["random 2"].parent == "uniform"
    assert past.lineage[kin["random 2"].above].name == "uniform"
    assert all(row.above < number for number, row in enumerate(past.lineage))
    with League("kuhn_poker") as plain:
        plain.add("a", ludus.UniformAgent())
        plain.add("b", ludus.Policy.random("kuhn_poker", 1))
        plain.run(100)
        assert history(plain).lineage == ()


def test_family_trees_keep_the_largest_line_in_one_lane():
    with League("kuhn_poker") as league:
        for name, parent in [("a", None), ("a1", "a"), ("a2", "a"), ("a11", "a1"), ("a111", "a11"), ("b", None)]:
            league.add(name, ludus.UniformAgent(), parent=parent)
        rows = lineage(league)
    assert [(row.name, row.lane, row.above) for row in rows] == [
        ("a", 0, -1),
        ("a2", 1, 0),
        ("a1", 0, 0),
        ("a11", 0, 2),
        ("a111", 0, 3),
        ("b", 0, -1),
    ]


def test_either_part_alone(reported, tmp_path):
    path = write_report(tmp_path / "solution.html", solution=reported.solution)
    assert "Solution of kuhn_poker" in path.read_text()
    assert "Leaderboard" not in path.read_text()
    two = {"first": reported.solution, "second": ludus.solve(reported.game, "cfr", iterations=50)}
    path = write_report(tmp_path / "two.html", solution=two)
    assert path.read_text().count("<polyline") == 2
    with League.open(reported.path, read_only=True) as league:
        path = write_report(tmp_path / "league.html", league=league, model="elo")
    assert "Gap curve" not in path.read_text()
    assert "League of kuhn_poker" in path.read_text()
    assert (
        "nan" not in re.sub(r"<style>.*?</style>|<script>.*?</script>", "", path.read_text(), flags=re.DOTALL).lower()
    )


def test_mistakes_write_nothing(reported, tmp_path):
    with pytest.raises(ValueError, match="needs a league, a solution or both"):
        write_report(tmp_path / "x.html")
    with League("kuhn_poker") as empty, pytest.raises(ValueError, match="has no matches to report"):
        write_report(tmp_path / "x.html", league=empty)
    with pytest.raises(ValueError, match="model"):
        write_report(tmp_path / "x.html", league=reported.path, model="none")
    assert list(tmp_path.iterdir()) == []


def test_summary_lays_everything_side_by_side(reported):
    with League.open(reported.path, read_only=True) as league:
        summary = summarise(league)
        payoffs, board = league.payoffs(), league.leaderboard()
    assert [row.player for row in summary.rows] == list(board.players) == list(summary.payoffs.names)
    assert [row.rank for row in summary.rows] == sorted(row.rank for row in summary.rows)
    for row in summary.rows:
        i = payoffs.names.index(row.player)
        assert row.mean == pytest.approx(payoffs.field[i])
        assert row.error == pytest.approx((payoffs.error[i][[j for j in range(5) if j != i]] ** 2).sum() ** 0.5 / 4)
        assert row.low <= row.mu <= row.high
