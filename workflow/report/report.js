"use strict";
// What is folded opens where a link leads into it, and on paper.
function reveal() {
  const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!place || place.id === "contents") return;
  for (let fold = place.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  place.scrollIntoView();
}
addEventListener("hashchange", reveal);
addEventListener("load", reveal);
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("main details:not([open]):not(.run)")];
  for (const fold of opened) fold.open = true;
});
addEventListener("afterprint", () => { for (const fold of opened) fold.open = false; });
for (const part of document.querySelectorAll(".tools")) part.hidden = false;
for (const button of document.querySelectorAll("[data-unfold], [data-fold]")) {
  const within = document.getElementById(button.dataset.unfold ?? button.dataset.fold);
  button.addEventListener("click", () => {
    for (const fold of within.querySelectorAll("details.claim")) fold.open = "unfold" in button.dataset;
  });
}

// The contents: folded on a narrow screen, and the part that is being read is marked.
const contents = document.getElementById("contents"), narrow = matchMedia("(max-width: 68rem)");
function fit() { contents.open = !narrow.matches; }
narrow.addEventListener("change", fit);
fit();
const entries = new Map([...contents.querySelectorAll("a")].map(link => [link.hash.slice(1), link]));
for (const link of entries.values()) link.addEventListener("click", () => { if (narrow.matches) contents.open = false; });
const watcher = new IntersectionObserver(seen => {
  for (const { target, isIntersecting } of seen) {
    if (!isIntersecting) continue;
    for (const link of entries.values()) link.removeAttribute("aria-current");
    entries.get(target.id).setAttribute("aria-current", "true");
  }
}, { rootMargin: "-10% 0px -80% 0px" });
for (const name of entries.keys()) watcher.observe(document.getElementById(name));

// Images enlarge.
const dialog = document.createElement("dialog"), close = document.createElement("button"), large = new Image();
close.type = "button";
close.textContent = "Close";
close.addEventListener("click", () => dialog.close());
dialog.append(close);
dialog.setAttribute("aria-label", "Enlarged image");
document.body.append(dialog);
for (const button of document.querySelectorAll(".enlarge")) {
  button.addEventListener("click", () => {
    const image = button.querySelector("img");
    large.src = image.src;
    large.alt = image.alt;
    dialog.append(large);
    dialog.showModal();
  });
}

// Runs are sorted by their headings and filtered by data set, method and words; the totals are of those that are shown.
const table = document.getElementById("all-runs"), rows = [...table.tBodies[0].rows];
const TIME = [...table.tHead.rows[0].cells].findIndex(cell => cell.textContent.startsWith("Time"));
const STEPS = [...table.tHead.rows[0].cells].findIndex(cell => cell.textContent === "Steps");
const choices = { 1: document.getElementById("by-dataset"), 2: document.getElementById("by-method") };
const words = document.getElementById("by-text");
for (const [column, choice] of Object.entries(choices)) {
  for (const name of new Set(rows.map(row => row.cells[column].textContent))) choice.append(new Option(name));
  choice.addEventListener("input", filter);
}
words.addEventListener("input", filter);
words.form.addEventListener("submit", event => event.preventDefault());
function filter() {
  const sought = words.value.toLowerCase();
  for (const row of rows) {
    row.hidden = Object.entries(choices).some(([column, choice]) =>
      choice.selectedIndex > 0 && row.cells[column].textContent !== choice.value)
      || !row.textContent.toLowerCase().includes(sought);
  }
  const shown = rows.filter(row => !row.hidden);
  const total = column => shown.reduce((sum, row) => sum + Number(row.cells[column].textContent), 0);
  const foot = table.tFoot.rows[0].cells;
  foot[0].textContent = shown.length === rows.length ? "All" : "Shown";
  foot[1].textContent = `${shown.length} runs`;
  foot[STEPS - 2].textContent = total(STEPS);
  foot[TIME - 2].textContent = total(TIME);
  document.getElementById("shown").value = `${shown.length} of ${rows.length} runs`;
}
function value(row, column) {
  const text = row.cells[column].textContent.trim();
  return text !== "" && isFinite(text) ? Number(text) : text;
}
const isMissing = text => text === "–" || text === "void";
function compare(a, b) {
  const missing = isMissing(a) - isMissing(b);
  if (missing) return missing;
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en");
}
[...table.tHead.rows[0].cells].slice(0, -1).forEach((heading, column) => {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...heading.childNodes);
  heading.append(button);
  button.addEventListener("click", () => {
    const falls = heading.ariaSort === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.ariaSort = falls ? "descending" : "ascending";
    rows.sort((a, b) => {
      const [x, y] = [value(a, column), value(b, column)];
      return isMissing(x) || isMissing(y) ? compare(x, y) : falls ? compare(y, x) : compare(x, y);
    });
    table.tBodies[0].append(...rows);
  });
});
filter();
