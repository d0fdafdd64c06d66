"""Style sheet and script of the report's page; they stand inside it, so that it needs no network."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f7f7f5; --card: #ffffff; --ink: #1c1e21; --soft: #5d636b; --line: #dfe1e4; --stripe: #f4f5f6;
  --shade: #1c1e2126;
  --good: #1f7a5c; --bad: #b8502e; --s0: #2f5fb3; --s1: #b8502e; --s2: #1f7a5c; --s3: #8250a8; --s4: #8a6d1a;
    --s5: #3b7f91;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15171a; --card: #1d2024; --ink: #e8e9eb; --soft: #a0a6ae; --line: #33383e; --stripe: #23272c;
    --shade: #00000080;
    --good: #4fb892; --bad: #e08a63; --s0: #86aef0; --s1: #e08a63; --s2: #4fb892; --s3: #c39ae6; --s4: #d1b45c;
      --s5: #7fc0d1;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto,
  "Helvetica Neue", "DejaVu Sans", sans-serif; -webkit-text-size-adjust: 100%; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 20px 48px; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 0 0 2px; }
.lead, .note { color: var(--soft); margin: 0; }
.note { font-size: .86rem; }
.facts { display: flex; flex-wrap: wrap; gap: 12px 36px; margin: 20px 0 24px; padding: 0; list-style: none; }
.facts b { display: block; font-size: 1.35rem; line-height: 1.2; font-variant-numeric: tabular-nums; font-weight: 600; }
.facts span { color: var(--soft); font-size: .86rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 18px 18px 16px;
  margin: 0 0 18px;
  min-width: 0; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 18px;
  margin-bottom: 18px; }
.pair section { margin: 0; }
.scroll { overflow-x: auto; margin: 12px -18px 0; padding: 0 18px 0 0;
  background: linear-gradient(to left, var(--card) 30%, transparent) right / 40px 100% no-repeat local,
    linear-gradient(to left, var(--shade), transparent) right / 14px 100% no-repeat scroll; }
.tall { max-height: min(620px, 80vh); overflow-y: auto; }
.tall thead th { position: sticky; top: 0; background: var(--card); z-index: 2; }
.tall thead th:first-child { z-index: 3; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .93rem; }
th, td { padding: 7px 10px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
tbody tr:last-child th, tbody tr:last-child td { border-bottom: 0; }
thead th { color: var(--soft); font-weight: 500; font-size: .82rem; vertical-align: bottom; }
th.text, td.text { text-align: left; }
tbody th { font-weight: 600; text-align: left; }
tbody th, thead th:first-child { position: sticky; left: 0; background: var(--card); padding-left: 18px; z-index: 1; }
tbody th { max-width: 13em; white-space: normal; overflow-wrap: anywhere; }
.soft { color: var(--soft); font-size: .86em; }
th button { all: unset; cursor: pointer; }
th button:focus-visible, [data-tip]:focus-visible { outline: 2px solid var(--s0); outline-offset: 2px; }
th button::after { content: "↕"; opacity: .35; padding-left: 4px; }
th[aria-sort=ascending] button::after { content: "↑"; opacity: 1; }
th[aria-sort=descending] button::after { content: "↓"; opacity: 1; }
svg { display: block; width: 100%; height: auto; margin-top: 12px; max-width: 640px; overflow: visible; }
svg text { font-size: 12px; fill: var(--soft); font-variant-numeric: tabular-nums; }
svg .name { fill: var(--ink); }
.grid { stroke: var(--line); stroke-width: 1; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke: currentColor; }
.dot, .key { fill: currentColor; }
.ring { fill: var(--card); stroke: currentColor; stroke-width: 2; }
path.line { opacity: .55; }
.keys { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 8px 0 0; font-size: .86rem; }
.swatch { display: inline-block; width: 10px; height: 10px; border-radius: 50%; background: currentColor;
  margin-right: 6px; }
.choose { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: center; margin: 12px 0 0; }
.choose select { font: inherit; color: inherit; background: var(--page); border: 1px solid var(--line);
  border-radius: 6px; padding: 5px 8px; max-width: 100%; min-width: 0; }
.bar { display: inline-block; vertical-align: middle; width: 52px; height: 10px; border-radius: 3px; overflow: hidden;
  background: linear-gradient(to right, var(--good) calc(var(--won) * 1%), var(--line) 0 calc(var(--held) * 1%),
    var(--bad) 0); }
.hit { fill: transparent; }
.whisker { stroke: var(--s0); stroke-width: 3; stroke-linecap: round; opacity: .45; }
.mark { fill: var(--s0); }
.series-0 { color: var(--s0); } .series-1 { color: var(--s1); } .series-2 { color: var(--s2); }
.series-3 { color: var(--s3); } .series-4 { color: var(--s4); } .series-5 { color: var(--s5); }
.heat { width: auto; border-collapse: separate; border-spacing: 2px; font-size: .86rem; }
.heat th, .heat td { border: 0; }
.heat thead th { height: 7.4em; padding: 0; min-width: 3.6em; vertical-align: bottom; text-align: center; }
.heat thead th span { display: inline-block; writing-mode: vertical-rl; transform: rotate(180deg); max-height: 9em;
  overflow: hidden;
  text-overflow: ellipsis; }
.heat tbody th { font-weight: 500; position: sticky; left: -18px; background: var(--card); max-width: 9.5em;
  white-space: nowrap;
  overflow: hidden;
  text-overflow: ellipsis; padding-left: 18px; z-index: 1; }
#pair tbody th { white-space: nowrap; font-weight: 500; }
.heat thead button::after { display: block; padding: 0; text-align: center; }
.heat td[data-pair] { cursor: pointer; }
.heat td { text-align: center; min-width: 3.6em; padding: 9px 4px; border-radius: 4px; cursor: default;
  color: var(--ink);
  background: color-mix(in srgb, var(--tone) calc(var(--share) * 1%), var(--card)); }
.heat td.none { background: var(--stripe); color: var(--soft); }
.up { --tone: var(--good); } .down { --tone: var(--bad); }
#tip { position: fixed; z-index: 9; pointer-events: none; max-width: min(300px, 90vw); background: var(--ink);
  color: var(--page);
  font-size: .84rem; line-height: 1.35; padding: 6px 9px; border-radius: 6px; opacity: 0; transition: opacity .1s;
    white-space: pre-line; }
#tip.on { opacity: 1; }
footer { margin: 0; color: var(--soft); font-size: .86rem; }
dl { margin: 12px 0 0; font-size: .92rem; }
dt { font-weight: 600; }
dd { margin: 0 0 10px; color: var(--soft); max-width: 70ch; }
@media (max-width: 520px) {
  main { padding: 20px 12px 32px; } h1 { font-size: 1.4rem; } section { padding: 14px 14px 12px; }
  .facts { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 12px 16px; }
    .facts b { font-size: 1.15rem; }
  .scroll { margin: 10px -14px 0; padding-right: 14px; }
  tbody th, thead th:first-child { padding-left: 14px; } tbody th { min-width: 7.6em; max-width: 8.5em; }
  th, td { padding: 7px 8px; } table { font-size: .88rem; } .heat { font-size: .8rem; } .heat td { min-width: 3.3em; }
}
@media print { section { break-inside: avoid; } }
"""

SCRIPT = """
"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  heads.forEach((head, column) => head.querySelector("button")?.addEventListener("click", () => {
    const before = head.getAttribute("aria-sort");
    const up = before ? before !== "ascending" : head.dataset.first !== "down";
    const key = row => row.cells[column].dataset.key ?? "";
    const numeric = head.dataset.kind === "number", sign = up ? 1 : -1;
    const rows = [...body.rows].sort((a, b) => {
      const x = key(a), y = key(b);
      if (x === "" || y === "") return (x === "") - (y === "");
      return sign * (numeric ? x - y : x.localeCompare(y));
    });
    heads.forEach(other => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    body.append(...rows);
  }));
}
const stored = document.getElementById("pair-data");
if (stored) {
  const data = JSON.parse(stored.textContent), [one, two] = document.querySelectorAll("#pair select");
  const body = document.querySelector("#pair tbody"), number = x => x.toLocaleString("en");
  const mean = x => x.toFixed(3).replace("-", "\u2212");
  const show = () => {
    const [i, j] = [+one.value, +two.value], turned = i > j;
    const rows = data.cells[turned ? j + "," + i : i + "," + j] ?? [];
    const table = rows.map(([slice, n, won, drawn, mine, its]) => {
      const w = turned ? n - won - drawn : won;
      return [data.ends[slice], n, w, drawn, (turned ? its : mine) / n];
    });
    body.replaceChildren(...table.map(([[first, last], n, w, d, m]) => {
      const row = document.createElement("tr"), head = document.createElement("th");
      head.textContent = number(first + 1) + "\u2013" + number(last);
      row.append(head);
      for (const text of [number(n), null, number(w), number(d), number(n - w - d), mean(m)]) {
        const cell = row.insertCell();
        if (text !== null) { cell.textContent = text; continue; }
        const bar = document.createElement("span");
        bar.className = "bar"; bar.style.setProperty("--won", 100 * w / n);
        bar.style.setProperty("--held", 100 * (w + d) / n); cell.append(bar);
      }
      return row;
    }));
    document.getElementById("pair-none").hidden = rows.length > 0;
  };
  one.addEventListener("change", show); two.addEventListener("change", show);
  document.querySelector(".heat")?.addEventListener("click", event => {
    const cell = event.target.closest("[data-pair]");
    if (!cell) return;
    [one.value, two.value] = cell.dataset.pair.split(","); show();
  });
  show();
}
const tip = document.getElementById("tip");
let shown = null;
function show(target, x, y) {
  shown = target;
  tip.textContent = target.dataset.tip;
  const box = tip.getBoundingClientRect();
  tip.style.left = Math.max(6, Math.min(x + 12, innerWidth - box.width - 6)) + "px";
  tip.style.top = (y + 18 + box.height > innerHeight ? y - box.height - 10 : y + 18) + "px";
  tip.classList.add("on");
}
function hide() { shown = null; tip.classList.remove("on"); }
document.addEventListener("pointermove", event => {
  const target = event.target.closest?.("[data-tip]");
  if (target) show(target, event.clientX, event.clientY); else if (shown && event.pointerType === "mouse") hide();
});
document.addEventListener("pointerdown", event => {
  const target = event.target.closest?.("[data-tip]");
  if (target) show(target, event.clientX, event.clientY); else hide();
});
document.addEventListener("focusin", event => {
  const target = event.target.closest?.("[data-tip]");
  if (target) { const box = target.getBoundingClientRect(); show(target, box.left, box.bottom - 12); }
});
document.addEventListener("focusout", hide);
addEventListener("scroll", hide, { passive: true, capture: true });
"""
