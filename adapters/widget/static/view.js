/**
 * Pieces of the panel: functions from data to DOM nodes. None keeps state.
 *
 * Text goes in as text. Only an answer's `html`, which the server has cleaned,
 * goes in as HTML, through the browser's own sanitizer where there is one.
 */

import { direction } from "./texts.js";

// The option that leads from a partner back: it has a place of its own.
const BACK = "back";
const SAFE_LINK = /^(https?|mailto|tel):/i;

const ICONS = {
  chat: "M4 4h16v12H9.5L5 19.5V16H4z",
  close: "M5 5l14 14M19 5L5 19",
  dots: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 20.5q8-10 16 0",
  phone: "M6 3h3l2 5-2 2q2 4 5 5l2-2 5 2v3q0 3-3 3Q4 20 3 6q0-3 3-3z",
  send: "M12 19V5M6 11l6-6 6 6",
  thumb: "M7 11v9H4v-9zl4-8q3 0 2 6h6q1.5 0 1 2l-1.5 7q-.5 2-2 2H7",
};

/**
 * Builds an element: h("p.who", {lang: "nb"}, "text", anotherElement).
 * Functions become listeners; true, false and null set or leave out an attribute.
 */
export function h(selector, attributes = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}

/** A line drawing, hidden from screen readers: the button around it has the name. */
export function icon(name) {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(namespace, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** What went wrong, with a button where trying again may help. */
export function failureBox(text, retry, t) {
  const button = h("button.secondary", { type: "button", click: retry }, t("retry"));
  return h("div.failure", { role: "alert" }, h("p", {}, text), retry && button);
}

/** Three dots to see, and the same in words to hear. */
export function typingDots(text) {
  const dots = h("span.dots", { "aria-hidden": "true" }, h("i"), h("i"), h("i"));
  return [dots, h("span.hidden", {}, text)];
}

/** What the visitor wrote. */
export function visitorMessage(text, t) {
  return h(
    "div.message.visitor",
    {},
    h("h3.hidden", {}, t("you")),
    h("p.bubble", { dir: "auto" }, text),
  );
}

/** What a human wrote: an agent's turn. */
export function agentMessage(turn, name, t) {
  return h(
    "div.message.agent",
    {},
    h("h3.who", {}, icon("person"), t("agent", { name })),
    prose(turn, null),
  );
}

/** A line in the middle: what the system has to say about the conversation. */
export function noticeMessage(text) {
  return h("p.message.system", {}, text);
}

/**
 * A broadcast, with the button it may have and one that hides it.
 * @param context {t, choose(option)}
 */
export function noticeBox(notice, key, context, hide) {
  const { t } = context;
  const { level, option } = notice;
  const text = prose(notice, notice.language);
  for (const link of text.querySelectorAll("a")) outward(link, t);
  const close = h("button.icon", { type: "button", click: hide, "aria-label": t("hide") });
  close.append(icon("close"));
  return h(
    `div.notice.${level}`,
    { "data-key": key },
    h("div", {}, h("h3", {}, t(level)), text, option && optionList([option], t(level), context)),
    close,
  );
}

/**
 * One reply of a bot.
 * @param reply a Reply of the API
 * @param context {t, home, choose(option), rate(turn, helpful, comment), toHuman()}
 *   `home` is the id of the body whose site this is: others are marked as others
 */
export function replyMessage(reply, context) {
  const { t, home } = context;
  const outcome = reply.outcome || {};
  const nested = reply.text?.includes(outcome.reply?.text) ? null : outcome.reply;
  const answer = prose(reply, reply.language);
  const foreign = reply.body.id !== home;
  const element = h(
    `div.message.bot${foreign ? ".foreign" : ""}${outcome.type === "crisis" ? ".crisis" : ""}`,
    { "data-outcome": outcome.type, "data-body": reply.body.id },
    h("h3.who", {}, foreign ? t("answers", { name: nameOf(reply.body) }) : reply.body.name),
    answer,
  );
  if (outcome.type === "handover") element.append(...queuePlace(reply, t));
  if (outcome.contacts?.length) placeContacts(outcome, answer, t);
  if (nested) element.append(replyMessage(nested, context));
  if (outcome.type === "referred" && outcome.url && !outcome.answered_by) {
    element.append(h("p", {}, outward(h("a.go", { href: outcome.url }), t, hostOf(outcome.url))));
  }
  const options = reply.options?.filter((option) => option.id !== BACK);
  if (options?.length) element.append(optionList(options, t("choices"), context));
  const sources = reply.sources?.filter((source) => source.url !== outcome.url);
  if (sources?.length) element.append(sourceList(sources, t));
  if (outcome.type === "unanswered" && !reply.options?.length) {
    element.append(humanButton(t, context.toHuman));
  }
  const answered = outcome.type === "answered" || (outcome.answered_by && !nested && !options?.length);
  if (answered && reply.turn) element.append(feedback(reply.turn, context));
  for (const link of answer.querySelectorAll("a:not(.contact)")) outward(link, t);
  return element;
}

/** The bot's own name and its body's, or the body's alone. */
function nameOf({ name, bot }) {
  return bot ? `${bot} (${name})` : name;
}

/** Who speaks while another body's bot does, and the way back; null where none does. */
export function guestBar(reply, { t, choose }) {
  const back = reply.options?.find((option) => option.id === BACK);
  if (!back) return null;
  return [
    h("p", {}, icon("chat"), h("span", {}, t("guest", { name: nameOf(reply.body) }))),
    h("button.secondary", { type: "button", click: () => choose(back) }, back.label),
  ];
}

/** Buttons to choose from, a heading over them. */
export function optionList(options, title, context) {
  const buttons = options.map((option) =>
    h(
      "button.option",
      {
        type: "button",
        click: (event) => {
          event.currentTarget.setAttribute("aria-pressed", "true");
          context.choose(option);
        },
      },
      option.label,
    ),
  );
  return h("div.options", { role: "group", "aria-label": title }, ...buttons);
}

export function humanButton(t, click) {
  return h("button.to-human", { type: "button", click }, icon("person"), t("human"));
}

/** The answer itself, in its own language and direction. */
function prose(content, language) {
  const element = h("div.prose", { lang: language, dir: language ? direction(language) : "auto" });
  try {
    if (!content.html) element.textContent = content.text;
    else if (element.setHTML) element.setHTML(content.html);
    else element.innerHTML = content.html;
  } catch {
    element.textContent = content.text;
  }
  return element;
}

/**
 * Makes a link safe and says where it goes: another site opens in a new tab,
 * the site we are on in this one, where the chat comes along.
 */
function outward(link, t, host) {
  if (host) link.textContent = t("goTo", { host });
  let address;
  try {
    address = new URL(link.getAttribute("href"), location.href);
  } catch {
    link.removeAttribute("href");
    return link;
  }
  if (!SAFE_LINK.test(address.protocol)) link.removeAttribute("href");
  if (!address.protocol.startsWith("http") || address.origin === location.origin) {
    link.removeAttribute("target");
    return link;
  }
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.append(h("span.hidden", {}, ` (${t("newTab")})`));
  return link;
}

function hostOf(url) {
  try {
    return new URL(url).hostname.replace(/^www\./, "");
  } catch {
    return url;
  }
}

function sourceList(sources, t) {
  const items = sources.map((source) =>
    h("li", {}, outward(h("a", { href: source.url }, source.title || source.url), t)),
  );
  return h("div.sources", {}, h("h4", {}, t("sources")), h("ul", {}, ...items));
}

function queuePlace({ outcome, human }, t) {
  const facts = [];
  if (outcome.position != null) facts.push(t("position", { n: outcome.position }));
  if (human?.wait_seconds) {
    facts.push(t("waitTime", { n: Math.ceil(human.wait_seconds / 60) }));
  }
  return facts.map((fact) => h("p.state", {}, fact));
}

/** Where the answer lists the contacts in words, cards to press take the list's place. */
function placeContacts({ type, contacts }, answer, t) {
  const items = contacts.map((contact) => h("li", {}, contactLine(contact, t)));
  const cards = h("ul.contacts", {}, ...items);
  const isAboutThem = (list) =>
    [...list.children].every((item) =>
      contacts.some(({ label }) => item.textContent.includes(label)),
    );
  const listed = [...answer.querySelectorAll("ul, ol")].find(isAboutThem);
  if (listed) listed.replaceWith(cards);
  else answer.append(h("h4", {}, t(type === "crisis" ? "crisis" : "contacts")), cards);
}

/** One way to reach somebody; a telephone number is a big link that calls it. */
function contactLine(contact, t) {
  const label = h("span.label", {}, contact.label);
  const value = h("span.value", {}, contact.value.replace(/^https?:\/\/(www\.)?/, ""));
  const href = contact.url || implicitAddress(contact);
  if (!href) return h("div.contact", {}, label, value);
  const children = [label, value];
  if (contact.kind === "phone") children.unshift(icon("phone"));
  return outward(h(`a.contact.${contact.kind}`, { href }, ...children), t);
}

function implicitAddress({ kind, value }) {
  if (kind === "phone") return `tel:${value.replace(/\(.*?\)|[^+\d]/g, "")}`;
  if (kind === "email") return `mailto:${value}`;
  return SAFE_LINK.test(value) ? value : "";
}

/** "Was this helpful?" A no may say what was missing, but need not. */
function feedback(turn, { t, rate }) {
  const group = h("div.feedback", { role: "group", "aria-label": t("helpful") });
  const thank = (...rest) => {
    group.replaceChildren(h("p.thanks", { tabindex: "-1" }, t("thanks")), ...rest);
    (group.querySelector("textarea") || group.querySelector(".thanks")).focus();
  };
  const answer = async (helpful) => {
    if (!(await rate(turn, helpful))) return;
    if (helpful) thank();
    else thank(missingForm());
  };
  const missingForm = () => {
    const comment = h("textarea", { rows: "2", maxlength: "1000" });
    const send = async (event) => {
      event.preventDefault();
      const text = comment.value.trim();
      if (!text || (await rate(turn, false, text))) thank();
    };
    return h(
      "form",
      { submit: send },
      h("label", {}, t("missing"), comment),
      h("button.secondary", { type: "submit" }, t("sendComment")),
    );
  };
  const thumb = (helpful, name) => {
    const click = () => answer(helpful);
    return h(`button.secondary.${name}`, { type: "button", click }, icon("thumb"), t(name));
  };
  group.append(h("p", {}, t("helpful")), thumb(true, "yes"), thumb(false, "no"));
  return group;
}
