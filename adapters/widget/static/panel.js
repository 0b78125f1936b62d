/**
 * The frame: the button on the page, and the panel with its head, log and input.
 * Drawn once, without words; `namePanel` puts them in, in any language, at any time.
 */

import { LANGUAGES, direction } from "./texts.js";
import { h, icon } from "./view.js";

/**
 * @param on what to do: open, close, menu, click, key, typed, inputKey, submit
 * @returns {Record<string, HTMLElement>} the parts; `launcher` and `dialog` hold the rest
 */
export function drawPanel(on) {
  const parts = {
    launcher: h("button.launcher", {
      type: "button",
      "aria-haspopup": "dialog",
      "aria-expanded": "false",
      click: on.open,
    }),
    title: h("h2", { id: "title" }),
    badge: h("span.badge"),
    note: h("p.note"),
    menuButton: h("button.icon", {
      type: "button",
      "aria-expanded": "false",
      "aria-controls": "menu",
      click: on.menu,
    }),
    close: h("button.icon", { type: "button", click: on.close }),
    menu: h("div.menu", { id: "menu", hidden: true }),
    warning: h("div", { role: "alert" }),
    info: h("div", { role: "status" }),
    log: h("div.log", { role: "log", "aria-live": "polite" }),
    popular: h("div.popular", { hidden: true }),
    typing: h("div.typing", { role: "status" }),
    guest: h("div.guest", { role: "status", hidden: true }),
    alert: h("div.alert"),
    human: h("div.human"),
    label: h("label", { for: "input" }),
    input: h("textarea", {
      id: "input",
      rows: "1",
      enterkeyhint: "send",
      "aria-describedby": "privacy counter",
      dir: "auto",
      input: on.typed,
      keydown: on.inputKey,
    }),
    send: h("button.send", { type: "submit" }),
    counter: h("p.counter", { id: "counter" }),
    counterStatus: h("p.hidden", { role: "status" }),
    privacy: h("p.privacy", { id: "privacy" }),
  };
  parts.scroll = h(
    "div.scroll",
    { tabindex: "0", role: "region" },
    parts.log,
    parts.popular,
    parts.typing,
  );
  parts.form = h(
    "form",
    { submit: on.submit },
    parts.label,
    h("div.row", {}, parts.input, parts.send),
    parts.counter,
    parts.counterStatus,
    parts.privacy,
  );
  const cancel = (event) => {
    event.preventDefault();
    on.close();
  };
  parts.dialog = h(
    "dialog",
    { "aria-labelledby": "title", keydown: on.key, click: on.click, cancel },
    h(
      "div.header",
      {},
      h("div.heading", {}, parts.title, parts.badge, parts.note),
      parts.menuButton,
      parts.close,
    ),
    parts.menu,
    h("div.notices", {}, parts.warning, parts.info),
    parts.scroll,
    parts.guest,
    parts.alert,
    h("div.footer", {}, parts.human, parts.form),
  );
  return parts;
}

/** Puts the frame's own words in one language. */
export function namePanel(parts, language, t) {
  for (const part of [parts.launcher, parts.dialog]) {
    part.lang = language;
    part.dir = direction(language);
  }
  parts.launcher.replaceChildren(icon("chat"), h("span", {}, t("launch")));
  nameButton(parts.close, "close", t("close"));
  nameButton(parts.menuButton, "dots", t("menu"));
  nameButton(parts.send, "send", t("send"));
  parts.scroll.setAttribute("aria-label", t("log"));
  parts.label.textContent = t("input");
  parts.privacy.textContent = t("privacy");
}

/** @param on what to do: download, erase, choose(language) */
export function menuItems(language, t, on) {
  const languages = Object.entries(LANGUAGES).map(([code, label]) => {
    const pressed = String(code === language);
    const click = () => on.choose(code);
    return h("button", { type: "button", lang: code, "aria-pressed": pressed, click }, label);
  });
  return [
    h("button", { type: "button", click: on.download }, t("download")),
    h("button", { type: "button", click: on.erase }, t("erase")),
    h(
      "div.languages",
      { role: "group", "aria-label": t("language") },
      h("span", { "aria-hidden": "true" }, t("language")),
      ...languages,
    ),
  ];
}

/** Asks before the conversation is erased. @param on what to do: yes, no */
export function confirmBox(t, on) {
  return h(
    "div.confirm",
    { role: "alertdialog", "aria-labelledby": "confirm", "aria-describedby": "confirm-text" },
    h("h3", { id: "confirm" }, t("eraseTitle")),
    h("p", { id: "confirm-text" }, t("eraseText")),
    h("button.primary", { type: "button", click: on.yes }, t("eraseYes")),
    h("button.secondary", { type: "button", click: on.no }, t("cancel")),
  );
}

/** Gives an icon button its icon, its name and a tooltip. */
function nameButton(button, iconName, text) {
  button.replaceChildren(icon(iconName));
  button.setAttribute("aria-label", text);
  button.title = text;
}
