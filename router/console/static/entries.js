// Writing an answer: what stands beside the form follows what is typed, Ctrl+S saves, and nobody
// leaves with something unsaved by mistake. The form works without this file.

import { refresh } from "./console.js";

const WAIT_MS = 500;
const form = document.getElementById("entry-form");
let dirty = form.hasAttribute("data-unsaved") || form.querySelector(":scope > .notice") !== null;
let waiting = null;
let asked = 0;

async function look() {
  const number = ++asked;
  const data = new URLSearchParams(new FormData(form));
  try {
    const response = await fetch(form.dataset.writing, {
      method: "POST",
      body: data,
      headers: { "X-Fragment": "writing" },
      credentials: "same-origin",
    });
    if (response.ok && number === asked) show(await response.text());
  } catch {
    // away for a moment: the next letter asks again
  }
}

function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("writing");
  const old = document.getElementById("writing");
  if (!fresh || !old) return;
  const opened = new Set([...old.querySelectorAll("details[open][id]")].map((one) => one.id));
  for (const one of fresh.querySelectorAll("details[id]")) one.open = opened.has(one.id) || one.open;
  const count = form.querySelector("[data-count]");
  const counted = fresh.querySelector("[data-counted]").textContent;
  if (count && count.textContent !== counted) count.textContent = counted;
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  const top = old.parentElement.scrollTop;
  old.replaceWith(document.importNode(fresh, true));
  document.querySelector(".beside").scrollTop = top;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

/** What visitors have asked takes a moment to look through: the page does not wait for it. */
async function suggest() {
  const link = form.querySelector("[data-suggest]");
  const place = document.getElementById("suggestions");
  if (link && place) await refresh(place, link.href);
}

suggest();

function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(look, WAIT_MS);
}

/** Put text where the cursor last was in an answer. */
let last = form.querySelector("[data-answer]");

function insert(text) {
  if (!last) return;
  last.setRangeText(text, last.selectionStart, last.selectionEnd, "end");
  last.focus();
  last.dispatchEvent(new Event("input", { bubbles: true }));
}

function add(phrase) {
  const questions = form.querySelector("[data-questions]");
  questions.value = `${questions.value.replace(/\s+$/, "")}\n${phrase}`.replace(/^\n/, "");
  questions.dispatchEvent(new Event("input", { bubbles: true }));
}

form.addEventListener("input", () => {
  dirty = true;
  soon();
});
form.addEventListener("change", soon);
form.addEventListener("submit", () => {
  dirty = false;
});
form.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-answer]")) last = event.target;
});
form.addEventListener("click", (event) => {
  const phrase = event.target.closest("[data-phrase]");
  const key = event.target.closest("[data-insert]");
  if (phrase) {
    event.preventDefault();
    add(phrase.dataset.phrase);
    const next = phrase.closest("li").nextElementSibling?.querySelector("button");
    phrase.closest("li").remove();
    (next ?? form.querySelector("[data-questions]")).focus();
  } else if (key) {
    insert(key.dataset.insert);
  }
});

function reach() {
  const some = form.querySelector("[data-some]");
  if (some) some.hidden = !form.querySelector("#reach-some").checked;
}

form.addEventListener("change", reach);
reach();

addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
    event.preventDefault();
    form.requestSubmit(form.querySelector("[data-save]"));
  }
});

addEventListener("beforeunload", (event) => {
  if (dirty) event.preventDefault();
});
