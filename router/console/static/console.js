// What the console does beside what its pages do by themselves: live counters and lists,
// keys, progress. Every page works without this file.

document.documentElement.classList.add("scripted");

// --- Fragments: parts of a page fetched anew -------------------------------------------------

const REACHABLE = "a[href], button, input, select, textarea, summary, [tabindex]";
const running = new Set();
const waiting = new Set();

/** Fetch the fragment `element` anew and put it in the old one's place, unless it is in use. */
export async function refresh(element, url = location.href) {
  await renew([element], url);
}

/** Several parts of one page cost one request. What is in use is renewed once it is let go. */
async function renew(elements, url = location.href) {
  const free = elements.filter((element) => !running.has(element.id) && !keptBack(element));
  if (!free.length) return;
  const ids = free.map((element) => element.id);
  ids.forEach((id) => running.add(id));
  try {
    const response = await fetch(url, { headers: { "X-Fragment": ids.join(" ") }, credentials: "same-origin" });
    if (!response.ok) return;
    if (response.redirected && !response.url.startsWith(location.origin + "/console/")) return;
    const parsed = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const element of free) swap(element, parsed.getElementById(element.id));
  } catch {
    // away for a moment: the next change will do
  } finally {
    ids.forEach((id) => running.delete(id));
  }
}

function keptBack(element) {
  if (!inUse(element)) return false;
  if (element.querySelector("[data-choice]:checked")) offer(element);
  else waiting.add(element.id);
  return true;
}

function swap(element, parsed) {
  if (!parsed || !element.isConnected || keptBack(element)) return;
  const old = new Set([...element.querySelectorAll("[data-key]")].map((item) => item.dataset.key));
  const fresh = document.importNode(parsed, true);
  const at = marked < 0 ? null : items()[marked]?.dataset.key?.split("-")[0];
  const again = sameIn(fresh, element, document.activeElement);
  element.replaceWith(fresh);
  if (at) remark(at);
  if (old.size) {
    for (const item of fresh.querySelectorAll("[data-key]")) {
      if (!old.has(item.dataset.key)) item.classList.add("changed");
    }
  }
  if (document.activeElement === document.body) again?.focus({ preventScroll: true });
}

/** What in `fresh` is what had the focus in `old`: by its id, where it leads, or its place. */
function sameIn(fresh, old, focused) {
  if (!old.contains(focused)) return null;
  const all = [...fresh.querySelectorAll(REACHABLE)];
  const place = [...old.querySelectorAll(REACHABLE)].indexOf(focused);
  const href = focused.getAttribute("href");
  return (
    all.find((one) => focused.id && one.id === focused.id) ??
    all.find((one) => href && one.getAttribute("href") === href) ??
    all[Math.min(place, all.length - 1)]
  );
}

/** What somebody was using when it should have been renewed, they have let go of. */
function letGo() {
  const ids = [...waiting];
  waiting.clear();
  const found = ids.map((id) => document.getElementById(id)).filter(Boolean);
  if (found.length) renew(found);
}

for (const kind of ["focusout", "change", "toggle"]) {
  document.addEventListener(kind, () => waiting.size && setTimeout(letGo), true);
}

/** What is chosen in a list stays as it is; whoever chose may have it shown anew. */
function offer(element) {
  if (element.querySelector(".notice")) return;
  element.prepend(
    notice("stale", () => {
      for (const box of element.querySelectorAll("[data-choice]:checked")) box.checked = false;
      counted();
      refresh(element);
    }),
  );
}

/** A line with a button, in the page's own words: data-<name> and data-<name>-<what it does>. */
function notice(name, act) {
  const words = document.body.dataset;
  const line = document.createElement("div");
  line.className = "notice";
  line.role = "status";
  const text = document.createElement("p");
  text.textContent = words[name];
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-tertiary button-small";
  button.textContent = words[`${name}Show`] ?? words[`${name}Drop`];
  button.addEventListener("click", () => {
    line.remove();
    act();
  });
  line.append(text, button);
  return line;
}

/** Somebody is writing, ticking or has a panel open in it: do not take it from under them. */
function inUse(element) {
  const active = document.activeElement;
  const typing = active && element.contains(active) && active.matches("input, textarea, select");
  return typing || element.querySelector("details[open], :checked:not(option)") !== null;
}

for (const element of document.querySelectorAll("[data-fragment][data-every]")) {
  setInterval(() => {
    const now = document.getElementById(element.id);
    if (now && !document.hidden) refresh(now);
  }, Number(element.dataset.every) * 1000);
}

// --- Live counters ----------------------------------------------------------------------------

// The server says something every 20 seconds: a line that is silent for longer is dead, as after a
// laptop's sleep. Pages that lost it come back at different times, and less often each time.
const SILENCE_MS = 50000;
const RETRY_MS = 2000;
const RETRY_MS_MAX = 60000;
// A renewed part costs the server work: it says how long a page rests, the more of them are open.
// They do not all ask in the same moment either.
const SPREAD_SHARE = 0.25;

let version = null;
let stream = null;
let heard = 0;
let retry = RETRY_MS;
let comingBack = null;
let rest = 0;

function listen() {
  const brain = document.body.dataset.brain;
  clearTimeout(comingBack);
  if (!brain || stream || document.hidden) return;
  heard = performance.now();
  stream = new EventSource(`/console/events?brain=${encodeURIComponent(brain)}`);
  stream.addEventListener("counts", (event) => {
    heard = performance.now();
    retry = RETRY_MS;
    told(JSON.parse(event.data));
  });
  stream.addEventListener("error", () => {
    silence();
    comingBack = setTimeout(listen, retry * (0.5 + Math.random()));
    retry = Math.min(2 * retry, RETRY_MS_MAX);
  });
}

function silence() {
  clearTimeout(comingBack);
  stream?.close();
  stream = null;
}

function listenAnew() {
  if (!stream || performance.now() - heard < SILENCE_MS) return;
  silence();
  listen();
}

function told(counts) {
  for (const element of document.querySelectorAll("[data-counter]")) {
    const number = counts[element.dataset.counter] ?? 0;
    const shown = element.querySelector("[data-number]");
    if (shown.textContent === String(number)) continue;
    shown.textContent = number;
    element.hidden = number === 0;
    element.classList.remove("changed");
    requestAnimationFrame(() => element.classList.add("changed"));
  }
  // A question that was put off comes back without anybody changing anything.
  const now = `${counts.version} ${counts.open}`;
  const changed = version !== null && version !== now;
  version = now;
  rest = counts.rest_ms;
  if (changed) renewLive();
}

let resting = false;
let changedSince = false;

async function renewLive() {
  if (resting) {
    changedSince = true;
    return;
  }
  resting = true;
  changedSince = false;
  await pause(Math.random() * SPREAD_SHARE * rest);
  await renew([...document.querySelectorAll("[data-live]")]);
  await pause(rest);
  resting = false;
  if (changedSince) renewLive();
}

function pause(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

if (document.body.hasAttribute("data-live-counters")) {
  listen();
  setInterval(listenAnew, SILENCE_MS / 5);
  document.addEventListener("visibilitychange", () => (document.hidden ? silence() : listen()));
  addEventListener("online", () => (silence(), listen()));
  addEventListener("pagehide", silence);
  addEventListener("pageshow", listen);
}

// --- Jobs ---------------------------------------------------------------------------------------

const job = document.querySelector("[data-job]");

async function watch() {
  try {
    const response = await fetch(`${job.dataset.job}/state`, { credentials: "same-origin" });
    const state = await response.json();
    job.querySelector("progress").value = state.share;
    job.querySelector(".progress-share").textContent = `${Math.round(state.share * 100)} %`;
    // Said aloud by screen readers: only when it is another than before.
    const what = job.querySelector("[data-what]");
    if (what.textContent !== state.what) what.textContent = state.what;
    if (state.state !== "running") return location.replace(state.then || location.href);
  } catch {
    // away for a moment
  }
  setTimeout(watch, 300);
}

if (job) watch();

// --- Keys ---------------------------------------------------------------------------------------

const writing = "input:not([type=checkbox]), textarea, select, [contenteditable]";
const MENUS = "details.panel[open], details.account[open], details.menu-narrow[open]";
const KEYS = "samsvar:keys";
const help = document.getElementById("keyboard-help");
const wanted = help?.querySelector("[data-keys]");
let marked = -1;

function items() {
  return [...document.querySelectorAll("[data-item]")];
}

function move(step) {
  const all = items();
  if (!all.length) return;
  marked = Math.max(0, Math.min(all.length - 1, marked + step));
  all.forEach((item, index) => item.classList.toggle("marked", index === marked));
  all[marked].querySelector("a[href]")?.focus({ preventScroll: true });
  all[marked].scrollIntoView({ block: "nearest" });
}

/** The list has been renewed: the mark stays on what it was on, wherever that is now. */
function remark(key) {
  const all = items();
  marked = all.findIndex((item) => item.dataset.key?.split("-")[0] === key);
  if (marked < 0) return;
  all[marked].classList.add("marked");
  if (document.activeElement === document.body) {
    all[marked].querySelector("a[href]")?.focus({ preventScroll: true });
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    const open = document.activeElement?.closest(MENUS) ?? document.querySelector("details.account[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  }
  if (event.target.matches(writing) || document.querySelector("dialog[open]")) return;
  if (localStorage.getItem(KEYS) === "off") return;
  const inList = event.target.closest("[data-item]") !== null;
  if (event.key === "/") {
    event.preventDefault();
    document.getElementById("search")?.focus();
  } else if (event.key === "?") {
    help?.showModal();
  } else if (event.key === "j" || (event.key === "ArrowDown" && inList)) {
    event.preventDefault();
    move(1);
  } else if (event.key === "k" || (event.key === "ArrowUp" && inList)) {
    event.preventDefault();
    move(-1);
  } else if (event.key === "x") {
    (event.target.closest("[data-item]") ?? items()[marked])?.querySelector("[data-choice]")?.click();
  }
});

// Speech input and stray keys press letters too: whoever wants can do without them.
if (wanted) {
  wanted.checked = localStorage.getItem(KEYS) !== "off";
  wanted.addEventListener("change", () => localStorage.setItem(KEYS, wanted.checked ? "on" : "off"));
}
document.querySelector("[data-help]")?.addEventListener("click", () => help.showModal());

// Where a list is walked from is also where it was clicked or tabbed into.
document.addEventListener("focusin", (event) => {
  const item = event.target.closest("[data-item]");
  if (item) marked = items().indexOf(item);
});

// --- Several at once ----------------------------------------------------------------------------

function counted() {
  const boxes = [...document.querySelectorAll("[data-choice]")];
  const count = boxes.filter((box) => box.checked).length;
  for (const element of document.querySelectorAll("[data-chosen]")) element.textContent = count;
  const all = document.querySelector("[data-choose-all]");
  if (!all) return;
  all.checked = count > 0 && count === boxes.length;
  all.indeterminate = count > 0 && count < boxes.length;
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-choose-all]")) {
    for (const box of document.querySelectorAll("[data-choice]")) box.checked = event.target.checked;
  }
  if (event.target.matches("[data-choice], [data-choose-all]")) counted();
});
addEventListener("pageshow", counted);

// --- What is written is not lost -------------------------------------------------------------------

// Of one person: the next one to sign in here is not shown it.
const kept = `kept:${document.body.dataset.person ?? ""}:`;

function fields(form) {
  return [...form.elements].filter(
    (field) => field.name && !["hidden", "submit", "button", "file", "password"].includes(field.type),
  );
}

function state(form) {
  return JSON.stringify(fields(form).map((field) => [field.name, field.value, field.checked ?? null]));
}

function restore(form, text) {
  const free = fields(form);
  for (const [name, value, checked] of JSON.parse(text)) {
    const choice = checked !== null && checked !== undefined;
    const index = free.findIndex(
      (field) => field.name === name && (!["checkbox", "radio"].includes(field.type) || field.value === value),
    );
    if (index < 0) continue;
    const [field] = free.splice(index, 1);
    if (["checkbox", "radio"].includes(field.type)) field.checked = choice && checked;
    else field.value = value;
  }
}

/** A form with data-keep holds in this tab what is written in it, until it has been taken. */
function keep(form) {
  const key = kept + form.dataset.keep;
  const before = state(form);
  const held = sessionStorage.getItem(key);
  if (held !== null && held !== before) {
    restore(form, held);
    form.dispatchEvent(new Event("input", { bubbles: true }));
    form.prepend(
      notice("kept", () => {
        sessionStorage.removeItem(key);
        restore(form, before);
        form.querySelector("input:not([type=hidden]), textarea")?.focus();
      }),
    );
  }
  form.addEventListener("input", () => sessionStorage.setItem(key, state(form)));
}

for (const form of document.querySelectorAll("form[data-keep]")) keep(form);
for (const element of document.querySelectorAll("[data-forget]")) {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(kept + element.dataset.forget)) sessionStorage.removeItem(key);
  }
}

// --- Pressed once ---------------------------------------------------------------------------------

const PRESSED_MS = 4000;
const SAID_AFTER_MS = 100;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
  if (form.dataset.pressed) return event.preventDefault();
  if (form.getAttribute("action")?.endsWith("/sign-out")) sessionStorage.clear();
  form.dataset.pressed = "yes";
  setTimeout(() => delete form.dataset.pressed, PRESSED_MS);
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-pressed]")) delete form.dataset.pressed;
});

// --- Back to the list as it was -----------------------------------------------------------------------

const list = document.querySelector("[data-list]");
if (list) sessionStorage.setItem(`list:${location.pathname}`, location.search);
for (const link of document.querySelectorAll(".breadcrumb a, a[data-to-list]")) {
  const search = sessionStorage.getItem(`list:${link.pathname}`);
  if (search && !link.search) link.search = search;
}

document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.account[open], .actions details.panel[open], .page-actions details.panel[open], .chosen details.panel[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  const chosen = event.target.closest(".file")?.querySelector("[data-file-name]");
  if (chosen && event.target.files.length) {
    chosen.textContent = [...event.target.files].map((file) => file.name).join(", ");
  }
});

// What must be put right is read first.
// An address with a place in it would take the focus there when the page has come.
const errors = document.getElementById("errors");
errors?.focus();
if (location.hash) addEventListener("load", () => errors?.focus());

// Screen readers say what changes on a page, and not what was there when it came.
for (const line of document.querySelectorAll("#flashes .alert-text")) {
  const text = line.textContent;
  line.textContent = "\u00a0";
  setTimeout(() => (line.textContent = text), SAID_AFTER_MS);
}
