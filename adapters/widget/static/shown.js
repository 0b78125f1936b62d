/**
 * What the panel shows of the conversation: who one talks to, notices, the log of what was
 * said, popular questions. It knows what it has shown, and shows nothing twice.
 */

import { agentMessage, failureBox, guestBar, h, noticeBox, noticeMessage } from "./view.js";
import { optionList, replyMessage, typingDots, visitorMessage } from "./view.js";

const TYPING_MS = 6_000;
const QUIET_MS = 500;

export class Shown {
  /** The conversation: {id, token, greeting, popular, body, language, broadcasts}, or null. */
  conversation = null;
  /** Who answers in it: "bot", "queue", "human" or "closed". */
  state = "bot";

  #parts;
  #memory;
  #on;
  #t;
  #language;
  #seen = new Set();
  #unsent = new Map();
  #typingTimer = 0;

  /** @param on what buttons do: choose(option), rate(turn, helpful, comment), toHuman() */
  constructor(parts, memory, on) {
    this.#parts = parts;
    this.#memory = memory;
    this.#on = on;
  }

  get #context() {
    return { t: this.#t, home: this.conversation?.body?.id, ...this.#on };
  }

  /** Puts what is not a message in one language: messages keep their own. */
  speak(language, t) {
    this.#language = language;
    this.#t = t;
    this.title();
    this.popular();
    this.notices();
  }

  /** Who one talks to, and that it is a machine. */
  title() {
    const { title, badge, note } = this.#parts;
    const t = this.#t;
    const human = this.state === "human";
    title.textContent = this.conversation?.body?.name || t("launch");
    badge.textContent = t(human ? "agentBadge" : "bot");
    badge.classList.toggle("agent", human);
    const notes = { human: "agentNote", queue: "queueNote", closed: "closedNote" };
    note.textContent = t(notes[this.state] || "botNote");
  }

  /** True where it changed. */
  setState(state) {
    if (!state || state === this.state) return false;
    this.state = state;
    this.title();
    return true;
  }

  // The log

  /** True where nothing was said yet. */
  get untouched() {
    return !this.#parts.log.querySelector(".visitor") && this.#seen.size === 0;
  }

  /** Nothing, as before the first conversation, but what the visitor wrote and nobody got. */
  clear() {
    this.conversation = null;
    this.state = "bot";
    this.forget();
    this.#parts.log.replaceChildren(...this.#unsent.keys());
  }

  /** What is said from now on is new, whatever its number. */
  forget() {
    this.#seen.clear();
  }

  /** The beginning of a conversation. What the visitor wrote and nobody has got stays. */
  greet(withPopular) {
    const { greeting, body, language } = this.conversation;
    const { log } = this.#parts;
    this.title();
    log.replaceChildren();
    this.#guest(null);
    this.forget();
    const reply = { text: greeting, language: language || this.#language, body };
    if (greeting) log.append(replyMessage(reply, this.#context));
    log.append(...this.#unsent.keys());
    this.popular(withPopular && this.#unsent.size === 0);
  }

  /** All that was said, afresh. */
  redraw(turns) {
    const last = turns.filter((turn) => turn.from === "visitor").pop();
    for (const [element, text] of this.#unsent) if (text === last?.text) this.sent(element);
    this.greet(turns.length === 0);
    const { greeting } = this.conversation;
    for (const turn of turns) if (turn.text !== greeting) this.turn(turn);
    this.#parts.log.append(...this.#unsent.keys());
    this.#scrollTo(this.#parts.log.lastElementChild);
  }

  /** What the visitor writes, before it is sent: the same element when it is sent again. */
  unsent(text, element = visitorMessage(text, this.#t)) {
    const { log, popular } = this.#parts;
    element.querySelector(".failure")?.remove();
    this.#unsent.set(element, text);
    const inPopular = popular.contains(popular.getRootNode().activeElement);
    popular.hidden = true;
    log.append(element);
    if (inPopular) this.focus();
    return element;
  }

  /** The server has it. */
  sent(element) {
    this.#unsent.delete(element);
  }

  /** Nobody is to have what nobody got. */
  discard() {
    this.#unsent.clear();
  }

  notSent(element, text, retry) {
    element.append(failureBox(text, retry, this.#t));
  }

  reply(reply, scroll) {
    if (this.#known("bot", reply.turn)) return;
    const element = replyMessage(reply, this.#context);
    this.#parts.log.append(element);
    this.#guest(reply);
    if (reply.outcome?.type === "handover" && reply.outcome.queue && this.state === "bot") {
      this.setState("queue");
    }
    if (scroll) this.#scrollTo(element);
  }

  /** A turn the server has told of. One seen before is not shown twice. */
  turn(turn, scroll = false) {
    if (turn.from === "bot" && turn.reply) return this.reply(turn.reply, scroll);
    if (this.#known(turn.from, turn.turn)) return;
    const { log } = this.#parts;
    const body = this.conversation.body;
    if (turn.from === "visitor") log.append(visitorMessage(turn.text, this.#t));
    else if (turn.from === "agent") log.append(agentMessage(turn, body.name, this.#t));
    else if (turn.from === "bot") log.append(replyMessage({ ...turn, body }, this.#context));
    else log.append(noticeMessage(turn.text));
    if (scroll) this.#scrollTo(log.lastElementChild);
  }

  /** A line about the conversation, first in the log. */
  remark(text) {
    this.#parts.log.prepend(noticeMessage(text));
  }

  has(turn) {
    return this.#seen.has(`${turn.from}:${turn.reply?.turn ?? turn.turn}`);
  }

  #known(from, turn) {
    if (turn == null) return false;
    const key = `${from}:${turn}`;
    if (this.#seen.has(key)) return true;
    this.#seen.add(key);
    return false;
  }

  // Around the log

  /** What stays in place is not read aloud again. Warnings come first. */
  notices() {
    const { hidden } = this.#memory;
    const drawn = {};
    for (const notice of this.conversation?.broadcasts || []) {
      const says = `${notice.id}:${notice.version}`;
      if (!hidden.includes(says)) drawn[`${says}:${notice.language}:${this.#language}`] = notice;
    }
    for (const level of ["warning", "info"]) {
      const box = this.#parts[level];
      for (const old of [...box.children]) {
        if (!drawn[old.dataset.key]) old.remove();
        delete drawn[old.dataset.key];
      }
      const fresh = Object.entries(drawn).filter(([, notice]) => notice.level === level);
      box.prepend(
        ...fresh.map(([key, notice]) =>
          noticeBox(notice, key, this.#context, () => this.#hide(notice)),
        ),
      );
    }
  }

  #hide({ id, version }) {
    this.#memory.hide(`${id}:${version}`);
    this.notices();
    this.focus();
  }

  popular(shown = !this.#parts.popular.hidden) {
    const { popular } = this.#parts;
    const options = this.conversation?.popular || [];
    popular.hidden = !shown || options.length === 0;
    const title = this.#t("popular");
    popular.replaceChildren(h("h3", {}, title), optionList(options, title, this.#context));
  }

  /** While another body's bot speaks, it says so beside the input, and how to go back. */
  #guest(reply) {
    const { guest } = this.#parts;
    const bar = reply && guestBar(reply, this.#context);
    guest.hidden = !bar;
    guest.replaceChildren(...(bar || []));
  }

  /** Dots while somebody writes: until it is said, or for some seconds where nobody `waits`. */
  typing(shown, waits) {
    clearTimeout(this.#typingTimer);
    const { typing } = this.#parts;
    const name = this.conversation?.body?.name || "";
    typing.replaceChildren(...(shown ? typingDots(this.#t("typing", { name })) : []));
    if (shown && !waits) {
      this.#typingTimer = setTimeout(() => this.typing(false), TYPING_MS);
      this.scrollToEnd();
    }
  }

  /** A notice above the input, with a button where trying again may help; none clears it. */
  alert(text, retry) {
    this.#parts.alert.replaceChildren(...(text ? [failureBox(text, retry, this.#t)] : []));
  }

  /** On a touch screen the keyboard would cover the answer: focus the log there. */
  focus() {
    const touch = matchMedia("(pointer: coarse)").matches;
    this.#parts[touch ? "scroll" : "input"].focus({ preventScroll: true });
  }

  /** Fills the log without a screen reader reading all of it aloud. */
  quietly(fill) {
    const { log } = this.#parts;
    log.setAttribute("aria-live", "off");
    fill();
    setTimeout(() => log.setAttribute("aria-live", "polite"), QUIET_MS);
  }

  scrollToEnd() {
    this.#parts.scroll.scrollTop = this.#parts.scroll.scrollHeight;
  }

  /** Shows a message from its start: a long answer is read from the top. */
  #scrollTo(element) {
    const { scroll } = this.#parts;
    if (!element) return;
    const offset = element.getBoundingClientRect().top - scroll.getBoundingClientRect().top;
    scroll.scrollTop += offset - 12;
  }
}
