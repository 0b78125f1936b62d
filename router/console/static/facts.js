// The table of facts by keyboard: arrows move between the cells, Enter changes one in its place.
// Without this file a cell is a link to a page with the same form.

const grid = document.querySelector("[data-grid]");
const template = document.getElementById("cell-editor");
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const ENDS = { Home: 0, End: -1 };

const rows = [...grid.tBodies[0].rows].map((row) => [...row.querySelectorAll("a.cell")]);
const cells = rows.flat();

/** One cell is on the way of the Tab key: the one last used. */
function reachable(cell) {
  for (const other of cells) other.tabIndex = other === cell ? 0 : -1;
}

function go(cell) {
  if (!cell) return;
  reachable(cell);
  cell.focus();
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function placeOf(cell) {
  const row = rows.findIndex((line) => line.includes(cell));
  return [row, rows[row].indexOf(cell)];
}

function edit(cell) {
  const form = template.content.cloneNode(true).querySelector("form");
  form.action = cell.dataset.action;
  form.elements.back.value = `${location.pathname}${location.search}#${cell.id}`;
  const value = form.elements.value;
  value.value = cell.dataset.common;
  form.querySelector("label").textContent = cell.dataset.name;
  const languages = JSON.parse(cell.dataset.languages);
  for (const [language, text] of Object.entries(languages)) {
    const field = form.elements[`value_${language}`];
    if (field) field.value = text;
    form.querySelector("details").open = true;
  }
  const stop = () => {
    form.replaceWith(cell);
    go(cell);
  };
  form.querySelector("[data-cancel]").addEventListener("click", stop);
  form.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") stop();
    if (event.key === "Enter" && !event.shiftKey && event.target === value) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  cell.replaceWith(form);
  value.focus();
  value.select();
}

grid.addEventListener("click", (event) => {
  const cell = event.target.closest("a.cell");
  if (!cell || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  edit(cell);
});

grid.addEventListener("keydown", (event) => {
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

reachable(cells[0]);
const last = cells.find((cell) => `#${cell.id}` === location.hash);
if (last) go(last);
