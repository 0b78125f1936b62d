// What the console does beside what its pages do by themselves: live counters and lists,
// keys, progress. Every page works without this file.

const RETRY_MS = 2000;

document.documentElement.classList.add("scripted");

// --- Fragments: parts of a page fetched anew -------------------------------------------------

const running = new Set();

/** Fetch the fragment `element` anew and put it in the old one's place, unless it is in use. */
export async function refresh(element, url = location.href) {
  const id = element.id;
  if (running.has(id) || inUse(element)) return null;
  running.add(id);
  try {
    const response = await fetch(url, { headers: { "X-Fragment": id }, credentials: "same-origin" });
    if (response.redirected && !response.url.startsWith(location.origin + "/console/")) return null;
    if (!response.ok) return null;
    return swap(element, await response.text());
  } catch {
    return null; // away for a moment: the next refresh will do
  } finally {
    running.delete(id);
  }
}

function swap(element, html) {
  const parsed = new DOMParser().parseFromString(html, "text/html").getElementById(element.id);
  if (!parsed) return null;
  const old = new Set([...element.querySelectorAll("[data-key]")].map((item) => item.dataset.key));
  const focused = document.activeElement?.id;
  const fresh = document.importNode(parsed, true);
  element.replaceWith(fresh);
  if (old.size) {
    for (const item of fresh.querySelectorAll("[data-key]")) {
      if (!old.has(item.dataset.key)) item.classList.add("changed");
    }
  }
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  return fresh;
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

let version = null;
let stream = null;

function listen() {
  const brain = document.body.dataset.brain;
  if (!brain || stream || document.hidden) return;
  stream = new EventSource(`/console/events?brain=${encodeURIComponent(brain)}`);
  stream.addEventListener("counts", (event) => told(JSON.parse(event.data)));
  stream.addEventListener("error", () => {
    if (stream?.readyState !== EventSource.CLOSED) return;
    silence();
    setTimeout(listen, RETRY_MS);
  });
}

function silence() {
  stream?.close();
  stream = null;
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
  const changed = version !== null && version !== counts.version;
  version = counts.version;
  if (changed) for (const element of document.querySelectorAll("[data-live]")) refresh(element);
}

if (document.body.hasAttribute("data-live-counters")) {
  listen();
  document.addEventListener("visibilitychange", () => (document.hidden ? silence() : listen()));
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
    job.querySelector("[data-what]").textContent = state.what;
    if (state.state !== "running") return location.replace(state.then || location.href);
  } catch {
    // away for a moment
  }
  setTimeout(watch, 300);
}

if (job) watch();

// --- Keys ---------------------------------------------------------------------------------------

const writing = "input, textarea, select, [contenteditable]";
let marked = -1;

function move(step) {
  const items = [...document.querySelectorAll("[data-item]")];
  if (!items.length) return;
  marked = Math.max(0, Math.min(items.length - 1, marked + step));
  items.forEach((item, index) => item.classList.toggle("marked", index === marked));
  const link = items[marked].querySelector("a[href]");
  link?.focus({ preventScroll: true });
  items[marked].scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    document.querySelector("details.account[open]")?.removeAttribute("open");
    const panel = document.activeElement?.closest("details.panel[open]");
    if (panel) {
      panel.open = false;
      panel.querySelector("summary").focus();
    }
  }
  if (event.target.matches(writing)) return;
  const inList = event.target.closest("[data-item]") !== null;
  if (event.key === "/") {
    event.preventDefault();
    document.getElementById("search")?.focus();
  } else if (event.key === "?") {
    document.getElementById("keyboard-help")?.showModal();
  } else if (event.key === "j" || (event.key === "ArrowDown" && inList)) {
    event.preventDefault();
    move(1);
  } else if (event.key === "k" || (event.key === "ArrowUp" && inList)) {
    event.preventDefault();
    move(-1);
  }
});

document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.account[open], .actions details.panel[open], .page-actions details.panel[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// What must be put right is read first.
document.getElementById("errors")?.focus();
