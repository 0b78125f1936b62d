// Facts: a form opens in the place of what it changes, in the table and in the lists, and the table
// is walked by keyboard. Without this file the same links lead to a page with the same form.

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const ENDS = { Home: 0, End: -1 };

/** The form that a link leads to, null where it cannot be fetched. */
async function formOf(link) {
  try {
    const headers = { "X-Fragment": "fact-form" };
    const response = await fetch(link.href, { headers, credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const form = page.querySelector("form.fact-form");
    return response.ok && form ? document.importNode(form, true) : null;
  } catch {
    return null;
  }
}

/** What is typed before the form is there goes into it, and is no key of the page's. */
function typedAhead() {
  let typed = "";
  const take = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
    if (event.key.length === 1) typed += event.key;
    event.preventDefault();
    event.stopPropagation();
  };
  addEventListener("keydown", take, true);
  return () => {
    removeEventListener("keydown", take, true);
    return typed;
  };
}

let opening = false;

async function edit(link) {
  if (opening) return;
  opening = true;
  const typed = typedAhead();
  const form = await formOf(link);
  const written = typed();
  opening = false;
  if (!form) return location.assign(link.href);
  const cell = link.matches(".cell");
  form.classList.add(cell ? "cell-editor" : "line-editor");
  const stop = () => {
    if (cell) form.replaceWith(link);
    else form.remove();
    link.hidden = false;
    go(link);
  };
  form.addEventListener("click", (event) => {
    if (!event.target.closest("[data-cancel]")) return;
    event.preventDefault();
    stop();
  });
  form.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") stop();
    if (event.key === "Enter" && !event.shiftKey && event.target.matches("textarea")) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  if (cell) link.replaceWith(form);
  else {
    link.closest(".fact-line").append(form);
    link.hidden = true;
  }
  const value = form.querySelector("textarea");
  if (written) value.value = written;
  value.focus();
  if (!written) value.select();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-edit]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  edit(link);
});

// --- The table ----------------------------------------------------------------------------------

const grid = document.querySelector("[data-grid]");
const rows = grid ? [...grid.tBodies[0].rows].map((row) => [...row.querySelectorAll("a.cell")]) : [];
const cells = rows.flat();

/** One cell is on the way of the Tab key: the one last used. */
function reachable(cell) {
  for (const other of cells) other.tabIndex = other === cell ? 0 : -1;
}

function go(link) {
  if (!link) return;
  if (cells.includes(link)) reachable(link);
  link.focus();
  link.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function placeOf(cell) {
  const row = rows.findIndex((line) => line.includes(cell));
  return [row, rows[row].indexOf(cell)];
}

grid?.addEventListener("keydown", (event) => {
  const cell = event.target.closest("a.cell");
  if (!cell || event.altKey || event.metaKey) return;
  const [row, column] = placeOf(cell);
  if (event.key in STEPS) {
    const [down, right] = STEPS[event.key];
    event.preventDefault();
    event.stopPropagation();
    go(rows[row + down]?.[column + right]);
  } else if (event.key in ENDS) {
    event.preventDefault();
    go((event.ctrlKey ? rows.at(ENDS[event.key]) : rows[row]).at(ENDS[event.key]));
  }
});

// --- Where one was ------------------------------------------------------------------------------

reachable(cells[0]);
const last = document.getElementById(decodeURIComponent(location.hash.slice(1)));
if (last?.matches(".cell, .fact-line")) {
  const topic = last.closest("details");
  if (topic) topic.open = true;
  go(last.matches(".cell") ? last : last.querySelector("a[data-edit]"));
}
