/**
 * <samsvar-chat body="bergen"></samsvar-chat>: a body's chatbot on its own website.
 *
 *     <script type="module" src="https://samsvar.example/widget/v1.js"></script>
 *     <samsvar-chat body="bergen"></samsvar-chat>
 *
 * Attributes: `body` (required), `lang` (else the page's), `server` (else where this
 * script came from), `open`, `theme="light"` to stay light on a light-only site.
 * Methods: `show()`, `hide()`, `ask(text)`. Events: `samsvar-open`, `samsvar-close`,
 * `samsvar-reply` with the Reply as its detail.
 *
 * This file is the element and decides what happens. `panel.js` draws the frame and
 * `view.js` the messages in it, `client.js` calls the API and remembers, `texts.js` and
 * `style.js` are the words and the looks.
 */

import { CallError, Client, Memory } from "./client.js";
import { confirmBox, drawPanel, menuItems, namePanel } from "./panel.js";
import { CSS } from "./style.js";
import { interfaceLanguage, primaryLanguage, textsIn } from "./texts.js";
import { agentMessage, failureBox, guestBar, h, humanButton, noticeBox } from "./view.js";
import { noticeMessage, optionList, replyMessage, typingDots, visitorMessage } from "./view.js";

const SERVER = new URL("..", import.meta.url);
const CHARACTERS_MAX = 1000;
const CHARACTERS_LEFT_SHOWN = 200;
const TYPING_MS = 6_000;
const WAIT_SECONDS = 30;
/** Small screens, and big ones at high zoom: the panel takes it all. */
const SMALL_SCREEN = "(max-width: 480px), (max-height: 520px)";

class SamsvarChat extends HTMLElement {
  static observedAttributes = ["lang", "open"];

  #client;
  #memory;
  #language;
  #t;
  #conversation = null;
  #beginning = null;
  #busy = false;
  #sending = null;
  #state = "bot";
  #seen = new Set();
  #stopListening = null;
  #typingTimer = 0;
  #small = matchMedia(SMALL_SCREEN);
  #parts = {};

  connectedCallback() {
    if (!this.shadowRoot) this.#build();
    this.#small.addEventListener("change", this.#resized);
    document.addEventListener("visibilitychange", this.#listen);
    visualViewport?.addEventListener("resize", this.#fitKeyboard);
    const wanted = this.#memory.open || (this.hasAttribute("open") ? "yes" : "no");
    if (wanted === "yes" && !this.#small.matches) this.show({ focus: false });
  }

  disconnectedCallback() {
    this.#small.removeEventListener("change", this.#resized);
    document.removeEventListener("visibilitychange", this.#listen);
    visualViewport?.removeEventListener("resize", this.#fitKeyboard);
    this.#stopListening?.();
    this.#stopListening = null;
  }

  attributeChangedCallback(name, before, after) {
    if (!this.shadowRoot || before === after) return;
    if (name === "lang") this.#speak(this.#pageLanguage());
    else if (after === null) this.hide();
    else this.show();
  }

  /** Opens the panel, and moves the focus into it unless told not to. */
  show({ focus = true } = {}) {
    const { dialog, input, launcher } = this.#parts;
    if (dialog.open) return;
    launcher.setAttribute("aria-expanded", "true");
    this.toggleAttribute("data-open", true);
    if (this.#small.matches) dialog.showModal();
    else dialog.setAttribute("open", "");
    if (focus) input.focus();
    this.#memory.open = "yes";
    this.#fitKeyboard();
    this.#typed();
    this.#begin().catch(() => {});
    this.dispatchEvent(new CustomEvent("samsvar-open", { bubbles: true }));
  }

  /** Closes the panel; the focus goes back to the button that opened it. */
  hide() {
    const { dialog, launcher } = this.#parts;
    if (!dialog.open) return;
    const hadFocus = dialog.contains(this.shadowRoot.activeElement);
    dialog.close();
    this.toggleAttribute("data-open", false);
    launcher.setAttribute("aria-expanded", "false");
    if (hadFocus) launcher.focus();
    this.#memory.open = "no";
    this.#listen();
    this.dispatchEvent(new CustomEvent("samsvar-close", { bubbles: true }));
  }

  /** Opens the panel and asks, for a page's own buttons. */
  async ask(text) {
    this.show();
    await this.#send({ text });
  }

  // Building

  #build() {
    const server = this.getAttribute("server");
    const base = server ? new URL(server.replace(/\/?$/, "/"), location.href) : SERVER;
    this.#client = new Client(base);
    this.#memory = new Memory(base, this.getAttribute("body") || "");
    this.attachShadow({ mode: "open" });
    const style = new CSSStyleSheet();
    style.replaceSync(CSS);
    this.shadowRoot.adoptedStyleSheets = [style];
    this.#parts = drawPanel({
      open: () => this.show(),
      close: () => this.hide(),
      menu: () => this.#toggleMenu(),
      click: (event) => this.#clickedBesideMenu(event),
      key: (event) => this.#panelKey(event),
      typed: () => this.#typed(),
      inputKey: (event) => this.#inputKey(event),
      submit: (event) => this.#submitted(event),
    });
    this.shadowRoot.append(this.#parts.launcher, this.#parts.dialog);
    this.#parts.input.value = this.#memory.draft;
    this.#speak(this.#memory.language || this.#pageLanguage());
  }

  /** Puts every word of the panel in one language. Messages keep their own. */
  #speak(language) {
    this.#language = language;
    const words = interfaceLanguage(language);
    const t = (this.#t = textsIn(words));
    const parts = this.#parts;
    namePanel(parts, words, t);
    parts.human.replaceChildren(humanButton(t, () => this.#handover()));
    parts.menu.replaceChildren(
      ...menuItems(words, t, {
        download: () => this.#download(),
        erase: () => this.#confirmErase(),
        choose: (code) => this.#chooseLanguage(code),
      }),
    );
    this.#title();
    this.#drawPopular();
    this.#drawNotices();
    this.#typed();
  }

  /** Who one talks to, and that it is a machine. */
  #title() {
    const { title, badge, note } = this.#parts;
    const t = this.#t;
    const human = this.#state === "human";
    title.textContent = this.#conversation?.body?.name || t("launch");
    badge.textContent = t(human ? "agentBadge" : "bot");
    badge.classList.toggle("agent", human);
    const notes = { human: "agentNote", queue: "queueNote", closed: "closedNote" };
    note.textContent = t(notes[this.#state] || "botNote");
  }

  #pageLanguage() {
    return primaryLanguage(this.getAttribute("lang") || document.documentElement.lang);
  }

  // The conversation

  /** Continues the conversation the browser remembers, or starts one. Once at a time. */
  #begin() {
    if (this.#conversation) {
      this.#listen();
      return Promise.resolve();
    }
    this.#beginning ??= this.#restoreOrStart().finally(() => (this.#beginning = null));
    return this.#beginning;
  }

  async #restoreOrStart() {
    const { log } = this.#parts;
    const unsent = [...log.children];
    this.#alert();
    try {
      const saved = this.#memory.conversation;
      if (!saved || !(await this.#restore(saved))) await this.#start();
      log.append(...unsent);
      this.#listen();
    } catch (error) {
      this.#conversation = null;
      const offline = !error.status && "offlineStart";
      this.#alert(this.#explain(error, offline), () => this.#begin().catch(() => {}));
      throw error;
    }
  }

  /** False where the server no longer has it. */
  async #restore(saved) {
    try {
      const { turns, state, broadcasts } = await this.#client.get(saved);
      this.#conversation = { ...saved, broadcasts };
      this.#state = state || "bot";
      this.#quietly(() => this.#redraw(turns));
      this.#drawNotices();
      return true;
    } catch (error) {
      if (error.gone) return false;
      throw error;
    }
  }

  #redraw(turns) {
    this.#greet(turns.length === 0);
    const { greeting } = this.#conversation;
    for (const turn of turns) if (turn.text !== greeting) this.#addTurn(turn);
    this.#scrollTo(this.#parts.log.lastElementChild);
  }

  async #start({ greet = true } = {}) {
    const body = this.getAttribute("body");
    const started = await this.#client.start(body, this.#language);
    this.#conversation = started;
    this.#memory.conversation = started;
    this.#state = "bot";
    if (greet) this.#greet(true);
    else this.#title();
    this.#drawNotices();
  }

  #greet(withPopular) {
    const { greeting, body, language } = this.#conversation;
    this.#title();
    this.#parts.log.replaceChildren();
    this.#setGuest(null);
    this.#seen.clear();
    const reply = { text: greeting, language: language || this.#language, body };
    if (greeting) this.#parts.log.append(replyMessage(reply, this.#context()));
    // Who is quicker than the greeting keeps what is written.
    if (this.#sending) this.#parts.log.append(this.#sending);
    this.#drawPopular(withPopular && !this.#sending);
  }

  /** What stays in place is not read aloud again. Warnings come first. */
  #drawNotices() {
    const { hidden } = this.#memory;
    const drawn = {};
    for (const notice of this.#conversation?.broadcasts || []) {
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
          noticeBox(notice, key, this.#context(), () => this.#hideNotice(notice)),
        ),
      );
    }
  }

  #hideNotice({ id, version }) {
    this.#memory.hide(`${id}:${version}`);
    this.#drawNotices();
    this.#focusInput();
  }

  #drawPopular(shown = !this.#parts.popular.hidden) {
    const { popular } = this.#parts;
    const options = this.#conversation?.popular || [];
    popular.hidden = !shown || options.length === 0;
    const title = this.#t("popular");
    popular.replaceChildren(h("h3", {}, title), optionList(options, title, this.#context()));
  }

  #context() {
    return {
      t: this.#t,
      home: this.#conversation?.body?.id,
      choose: (option) => this.#send({ choice: option.id, text: option.label }),
      rate: (turn, helpful, comment) => this.#rate(turn, helpful, comment),
      toHuman: () => this.#handover(),
    };
  }

  /**
   * Sends one message and shows the reply. What fails stays in the log with its
   * reason and a button that tries again.
   * @param {{text: string, choice?: string}} message
   */
  async #send(message, shown = visitorMessage(message.text, this.#t)) {
    if (this.#busy) return;
    const { log, popular } = this.#parts;
    const inPopular = popular.contains(this.shadowRoot.activeElement);
    shown.querySelector(".failure")?.remove();
    popular.hidden = true;
    log.append(shown);
    this.#sending = shown;
    if (inPopular) this.#focusInput();
    await this.#exchange(
      (conversation, isNew) => this.#say(conversation, message, isNew),
      (error) => {
        this.#alert();
        this.#memory.draft = this.#parts.input.value || message.text;
        const retry = () => this.#send(message, shown);
        shown.append(failureBox(this.#explain(error), retry, this.#t));
      },
    );
    this.#sending = null;
  }

  /** A choice the server no longer knows is said in words. */
  async #say(conversation, { choice, text }, isNew) {
    if (choice && !isNew) {
      try {
        return await this.#client.say(conversation, { choice });
      } catch (error) {
        if (error.status !== 400) throw error;
      }
    }
    return this.#client.say(conversation, { text });
  }

  async #handover() {
    if (this.#busy) return;
    await this.#exchange(
      (conversation) => this.#client.handover(conversation),
      (error) => this.#alert(this.#explain(error), () => this.#handover()),
    );
  }

  /** One call that gives a reply: waits, shows it, or lets `failed` say why not. */
  async #exchange(call, failed) {
    this.#setBusy(true);
    try {
      await this.#begin();
      this.#parts.popular.hidden = true;
      const reply = await this.#inConversation(call);
      this.#memory.conversation = this.#conversation;
      this.#setBusy(false);
      this.#addReply(reply, true);
      this.dispatchEvent(new CustomEvent("samsvar-reply", { bubbles: true, detail: reply }));
    } catch (error) {
      this.#setBusy(false);
      if (!(error instanceof CallError)) throw error;
      failed(error);
      this.#scrollToEnd();
    }
  }

  /** Calls; where the conversation has expired, starts a new one and calls again. */
  async #inConversation(call) {
    try {
      return await call(this.#conversation, false);
    } catch (error) {
      if (!error.gone) throw error;
      this.#seen.clear();
      await this.#start({ greet: false });
      this.#listen(true);
      return call(this.#conversation, true);
    }
  }

  async #rate(turn, helpful, comment) {
    try {
      await this.#client.feedback(this.#conversation, { turn, helpful, comment });
      this.#alert();
      return true;
    } catch {
      this.#alert(this.#t("failed"));
      return false;
    }
  }

  #addReply(reply, scroll) {
    if (this.#known("bot", reply.turn)) return;
    const element = replyMessage(reply, this.#context());
    this.#parts.log.append(element);
    this.#setGuest(reply);
    if (reply.outcome?.type === "handover" && reply.outcome.queue && this.#state === "bot") {
      this.#setState("queue");
    }
    if (scroll) this.#scrollTo(element);
  }

  /** A turn the server has told of. One seen before is not shown twice. */
  #addTurn(turn, scroll = false) {
    if (turn.from === "bot" && turn.reply) return this.#addReply(turn.reply, scroll);
    if (this.#known(turn.from, turn.turn)) return;
    const { log } = this.#parts;
    const body = this.#conversation.body;
    if (turn.from === "visitor") log.append(visitorMessage(turn.text, this.#t));
    else if (turn.from === "agent") log.append(agentMessage(turn, body.name, this.#t));
    else if (turn.from === "bot") log.append(replyMessage({ ...turn, body }, this.#context()));
    else log.append(noticeMessage(turn.text));
    if (scroll) this.#scrollTo(log.lastElementChild);
  }

  /** While another body's bot speaks, it says so beside the input, and how to go back. */
  #setGuest(reply) {
    const { guest } = this.#parts;
    const bar = reply && guestBar(reply, this.#context());
    guest.hidden = !bar;
    guest.replaceChildren(...(bar || []));
  }

  #known(from, turn) {
    if (turn == null) return false;
    const key = `${from}:${turn}`;
    if (this.#seen.has(key)) return true;
    this.#seen.add(key);
    return false;
  }

  // What happens without being asked

  /** Listens while the panel is open and the page is looked at, and not otherwise. */
  #listen = (again = false) => {
    const wanted =
      this.#parts.dialog.open && document.visibilityState === "visible" && this.#conversation;
    if ((!wanted || again === true) && this.#stopListening) {
      this.#stopListening();
      this.#stopListening = null;
    }
    if (!wanted || this.#stopListening) return;
    let first = true;
    this.#stopListening = this.#client.listen(this.#conversation, {
      connected: () => {
        if (!first || this.#state !== "bot") this.#catchUp();
        first = false;
      },
      reply: () => this.#catchUp(),
      agent: (turn) => {
        this.#typing(false);
        this.#addTurn({ from: "agent", ...turn }, true);
      },
      typing: ({ from }) => from !== "visitor" && this.#typing(true),
      broadcasts: ({ broadcasts }) => {
        this.#conversation.broadcasts = broadcasts;
        this.#drawNotices();
      },
      state: ({ state }) => {
        if (this.#setState(state)) this.#catchUp();
      },
    });
  };

  /** Fetches what was said elsewhere: in another tab, or while not connected. */
  async #catchUp() {
    if (this.#busy) return;
    const { turns, state, gone } = await this.#client.get(this.#conversation).catch((e) => e);
    if (gone) await this.#afresh();
    if (!turns || this.#busy) return;
    this.#setState(state);
    const unseen = turns.filter((turn) => turn.from !== "visitor" && !this.#has(turn));
    if (unseen.some((turn) => turn.from === "bot")) this.#redraw(turns);
    else for (const turn of unseen) this.#addTurn(turn, true);
  }

  #has(turn) {
    return this.#seen.has(`${turn.from}:${turn.reply?.turn ?? turn.turn}`);
  }

  /** True where it changed. */
  #setState(state) {
    if (!state || state === this.#state) return false;
    this.#state = state;
    this.#title();
    return true;
  }

  // Keys and input

  #typed() {
    const { input, counter, counterStatus } = this.#parts;
    this.#memory.draft = input.value;
    input.style.height = "auto";
    if (input.scrollHeight) input.style.height = `${input.scrollHeight + 2}px`;
    const left = CHARACTERS_MAX - [...input.value.trim()].length;
    const values = { n: Math.abs(left), max: CHARACTERS_MAX };
    const text = left < 0 ? this.#t("tooLong", values) : this.#t("left", values);
    counter.textContent = left <= CHARACTERS_LEFT_SHOWN ? text : "";
    counter.classList.toggle("over", left < 0);
    input.setAttribute("aria-invalid", String(left < 0));
    const spoken = left < 0 || (left <= CHARACTERS_LEFT_SHOWN && left % 50 === 0);
    if (spoken || left > CHARACTERS_LEFT_SHOWN) counterStatus.textContent = counter.textContent;
  }

  #inputKey(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#parts.form.requestSubmit();
  }

  #submitted(event) {
    event.preventDefault();
    const { input } = this.#parts;
    const text = input.value.trim();
    if (!text || this.#busy || [...text].length > CHARACTERS_MAX) {
      input.focus();
      return;
    }
    input.value = "";
    this.#typed();
    this.#send({ text });
  }

  #panelKey(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (this.#parts.confirm) this.#closeConfirm();
    else if (!this.#parts.menu.hidden) this.#toggleMenu(false);
    else this.hide();
  }

  /** On a touch screen the keyboard would cover the answer: focus the log there. */
  #focusInput() {
    const touch = matchMedia("(pointer: coarse)").matches;
    this.#parts[touch ? "scroll" : "input"].focus({ preventScroll: true });
  }

  // The menu

  #toggleMenu(open = this.#parts.menu.hidden) {
    const { menu, menuButton } = this.#parts;
    menu.hidden = !open;
    menuButton.setAttribute("aria-expanded", String(open));
    if (open) menu.querySelector("button").focus();
    else menuButton.focus();
  }

  #clickedBesideMenu(event) {
    const { menu, menuButton } = this.#parts;
    if (menu.hidden || menu.contains(event.target) || menuButton.contains(event.target)) return;
    menu.hidden = true;
    menuButton.setAttribute("aria-expanded", "false");
  }

  async #download() {
    this.#toggleMenu(false);
    try {
      await this.#begin();
      const file = URL.createObjectURL(await this.#client.transcript(this.#conversation));
      h("a", { href: file, download: `samtale-${this.#conversation.body.id}.txt` }).click();
      setTimeout(() => URL.revokeObjectURL(file), 1000);
      this.#alert();
    } catch (error) {
      this.#alert(this.#explain(error, "failed"));
    }
  }

  #confirmErase() {
    this.#toggleMenu(false);
    this.#parts.confirm = confirmBox(this.#t, {
      yes: () => this.#erase(),
      no: () => this.#closeConfirm(),
    });
    this.#parts.menu.after(this.#parts.confirm);
    this.#parts.confirm.querySelector(".secondary").focus();
  }

  #closeConfirm() {
    this.#parts.confirm?.remove();
    this.#parts.confirm = null;
    this.#parts.menuButton.focus();
  }

  async #erase() {
    this.#closeConfirm();
    try {
      if (this.#conversation) await this.#client.erase(this.#conversation);
    } catch (error) {
      if (!error.gone) return this.#alert(this.#explain(error, "failed"));
    }
    this.#memory.conversation = null;
    await this.#afresh();
    this.#parts.log.prepend(noticeMessage(this.#t("erased")));
    this.#parts.input.focus();
  }

  /** Empties the panel and begins again with what the browser now remembers. */
  async #afresh() {
    this.#conversation = null;
    this.#stopListening?.();
    this.#stopListening = null;
    this.#state = "bot";
    this.#seen.clear();
    this.#parts.log.replaceChildren();
    await this.#begin().catch(() => {});
  }

  /** The bot goes on in that language too; what was said stays as it was. */
  async #chooseLanguage(language) {
    this.#toggleMenu(false);
    this.#memory.language = language;
    this.#speak(language);
    const conversation = this.#conversation;
    if (!conversation) return;
    try {
      Object.assign(conversation, await this.#client.speak(conversation, language));
    } catch (error) {
      return error.gone ? this.#afresh() : this.#alert(this.#explain(error));
    }
    this.#memory.conversation = conversation;
    const unused = !this.#parts.log.querySelector(".visitor") && this.#seen.size === 0;
    if (unused) this.#greet(true);
    this.#drawPopular();
    this.#drawNotices();
    this.#listen(true);
  }

  // Looks and notices

  #setBusy(busy) {
    this.#busy = busy;
    this.#parts.send.setAttribute("aria-disabled", String(busy));
    this.#typing(busy);
    if (busy) {
      this.#alert();
      this.#scrollToEnd();
    }
  }

  #typing(shown) {
    clearTimeout(this.#typingTimer);
    const { typing } = this.#parts;
    const name = this.#conversation?.body?.name || "";
    typing.replaceChildren(...(shown ? typingDots(this.#t("typing", { name })) : []));
    if (shown && !this.#busy) {
      this.#typingTimer = setTimeout(() => this.#typing(false), TYPING_MS);
      this.#scrollToEnd();
    }
  }

  /** A notice above the input, with a button where trying again may help; none clears it. */
  #alert(text, retry) {
    this.#parts.alert.replaceChildren(...(text ? [failureBox(text, retry, this.#t)] : []));
  }

  /** An error in plain words. `fallback` names the text for one we know nothing about. */
  #explain(error, fallback) {
    const { status, detail, retryAfterSeconds } = error;
    if (fallback) return this.#t(fallback);
    if (!status) return this.#t("offline");
    if (status === 429) return this.#t("wait", { n: Math.ceil(retryAfterSeconds) || WAIT_SECONDS });
    console.warn("samsvar-chat:", status, detail);
    return this.#t("failed");
  }

  /** Fills the log without a screen reader reading all of it aloud. */
  #quietly(fill) {
    const { log } = this.#parts;
    log.setAttribute("aria-live", "off");
    fill();
    setTimeout(() => log.setAttribute("aria-live", "polite"), 500);
  }

  /** Shows a message from its start: a long answer is read from the top. */
  #scrollTo(element) {
    const { scroll } = this.#parts;
    if (!element) return;
    const offset = element.getBoundingClientRect().top - scroll.getBoundingClientRect().top;
    scroll.scrollTop += offset - 12;
  }

  #scrollToEnd() {
    this.#parts.scroll.scrollTop = this.#parts.scroll.scrollHeight;
  }

  /** Full screen is modal, a corner of the page is not: moves between the two. */
  #resized = () => {
    const { dialog } = this.#parts;
    if (!dialog.open) return;
    const focused = this.shadowRoot.activeElement;
    dialog.close();
    if (this.#small.matches) dialog.showModal();
    else dialog.setAttribute("open", "");
    focused?.focus({ preventScroll: true });
  };

  /** Keeps the input above a telephone's keyboard. */
  #fitKeyboard = () => {
    if (visualViewport) {
      this.#parts.dialog.style.setProperty("--visible", `${visualViewport.height}px`);
    }
  };
}

if (!customElements.get("samsvar-chat")) customElements.define("samsvar-chat", SamsvarChat);
