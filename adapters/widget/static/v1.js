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
 * This file is the element: the panel opened and closed, keys, input and menu. `talk.js` has
 * the conversation and decides what happens in it, `shown.js` what is to be seen of it.
 * `panel.js` draws the frame and `view.js` the messages in it, `client.js` calls the API and
 * remembers, `texts.js` and `style.js` are the words and the looks.
 */

import { Client, Memory } from "./client.js";
import { confirmBox, drawPanel, menuItems, namePanel } from "./panel.js";
import { Shown } from "./shown.js";
import { CSS } from "./style.js";
import { Talk } from "./talk.js";
import { interfaceLanguage, primaryLanguage, textsIn } from "./texts.js";
import { h, humanButton } from "./view.js";

const SERVER = new URL("..", import.meta.url);
const CHARACTERS_MAX = 1000;
const CHARACTERS_LEFT_SHOWN = 200;
/** Small screens, and big ones at high zoom: the panel takes it all. */
const SMALL_SCREEN = "(max-width: 480px), (max-height: 520px)";

class SamsvarChat extends HTMLElement {
  static observedAttributes = ["lang", "open"];

  #memory;
  #language;
  #t;
  #talk;
  #shown;
  #small = matchMedia(SMALL_SCREEN);
  #parts = {};

  connectedCallback() {
    if (!this.shadowRoot) this.#build();
    this.#small.addEventListener("change", this.#resized);
    document.addEventListener("visibilitychange", this.#looked);
    visualViewport?.addEventListener("resize", this.#fitKeyboard);
    const wanted = this.#memory.open || (this.hasAttribute("open") ? "yes" : "no");
    if (wanted === "yes" && !this.#small.matches) this.show({ focus: false });
  }

  disconnectedCallback() {
    this.#small.removeEventListener("change", this.#resized);
    document.removeEventListener("visibilitychange", this.#looked);
    visualViewport?.removeEventListener("resize", this.#fitKeyboard);
    this.#talk.stop();
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
    this.#talk.begin().catch(() => {});
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
    this.#talk.listen();
    this.dispatchEvent(new CustomEvent("samsvar-close", { bubbles: true }));
  }

  /** Opens the panel and asks, for a page's own buttons. */
  async ask(text) {
    this.show();
    await this.#talk.send({ text });
  }

  // Building

  #build() {
    const server = this.getAttribute("server");
    const base = server ? new URL(server.replace(/\/?$/, "/"), location.href) : SERVER;
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
    this.#shown = new Shown(this.#parts, this.#memory, {
      choose: (option) => this.#talk.send({ choice: option.id, text: option.label }),
      rate: (turn, helpful, comment) => this.#talk.rate(turn, helpful, comment),
      toHuman: () => this.#talk.handover(),
    });
    this.#talk = new Talk(new Client(base), this.#memory, this.#shown, {
      body: () => this.getAttribute("body"),
      language: () => this.#language,
      t: (...said) => this.#t(...said),
      visible: () => this.#parts.dialog.open && document.visibilityState === "visible",
      waiting: (busy) => this.#parts.send.setAttribute("aria-disabled", String(busy)),
      draft: (text = "") => (this.#memory.draft = this.#parts.input.value || text),
      replied: (reply) =>
        this.dispatchEvent(new CustomEvent("samsvar-reply", { bubbles: true, detail: reply })),
    });
    this.#speak(this.#memory.language || this.#pageLanguage());
  }

  /** Puts every word of the panel in one language. Messages keep their own. */
  #speak(language) {
    this.#language = language;
    const words = interfaceLanguage(language);
    const t = (this.#t = textsIn(words));
    const parts = this.#parts;
    namePanel(parts, words, t);
    parts.human.replaceChildren(humanButton(t, () => this.#talk.handover()));
    parts.menu.replaceChildren(
      ...menuItems(words, t, {
        download: () => this.#download(),
        erase: () => this.#confirmErase(),
        choose: (code) => this.#chooseLanguage(code),
      }),
    );
    this.#shown.speak(language, t);
    this.#typed();
  }

  #pageLanguage() {
    return primaryLanguage(this.getAttribute("lang") || document.documentElement.lang);
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
    if (!text || this.#talk.busy || [...text].length > CHARACTERS_MAX) {
      input.focus();
      return;
    }
    input.value = "";
    this.#typed();
    this.#talk.send({ text });
  }

  #panelKey(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (this.#parts.confirm) this.#closeConfirm();
    else if (!this.#parts.menu.hidden) this.#toggleMenu(false);
    else this.hide();
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
    const said = await this.#talk.transcript();
    if (!said) return;
    const file = URL.createObjectURL(said.file);
    h("a", { href: file, download: `samtale-${said.body}.txt` }).click();
    setTimeout(() => URL.revokeObjectURL(file), 1000);
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
    if (await this.#talk.erase()) this.#parts.input.focus();
  }

  async #chooseLanguage(language) {
    this.#toggleMenu(false);
    this.#memory.language = language;
    this.#speak(language);
    await this.#talk.speak(language);
  }

  // The window

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

  #looked = () => this.#talk.listen();

  /** Keeps the input above a telephone's keyboard. */
  #fitKeyboard = () => {
    if (visualViewport) {
      this.#parts.dialog.style.setProperty("--visible", `${visualViewport.height}px`);
    }
  };
}

if (!customElements.get("samsvar-chat")) customElements.define("samsvar-chat", SamsvarChat);
