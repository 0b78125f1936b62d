/**
 * The conversation: begun or continued, what is sent and answered in it, and what happens in
 * it without being asked. What is to be seen of it is left to `shown.js`.
 */

import { CallError } from "./client.js";

const WAIT_SECONDS = 30;

export class Talk {
  #client;
  #memory;
  #shown;
  #asks;
  #beginning = null;
  #busy = false;
  #stopListening = null;

  /**
   * @param asks what only the element knows: body(), language(), t(key, values), visible(),
   *   waiting(busy), draft(text) with no text for what is in the input, replied(reply)
   */
  constructor(client, memory, shown, asks) {
    this.#client = client;
    this.#memory = memory;
    this.#shown = shown;
    this.#asks = asks;
  }

  get busy() {
    return this.#busy;
  }

  get #conversation() {
    return this.#shown.conversation;
  }

  /** Continues the conversation the browser remembers, or starts one. Once at a time. */
  begin() {
    if (this.#conversation) {
      this.listen();
      return Promise.resolve();
    }
    this.#beginning ??= this.#restoreOrStart().finally(() => (this.#beginning = null));
    return this.#beginning;
  }

  async #restoreOrStart() {
    this.#shown.alert();
    try {
      const saved = this.#memory.conversation;
      if (!saved || !(await this.#restore(saved))) await this.#start();
      this.listen();
    } catch (error) {
      this.#shown.conversation = null;
      const offline = !error.status && "offlineStart";
      this.#shown.alert(this.#explain(error, offline), () => this.begin().catch(() => {}));
      throw error;
    }
  }

  /** False where the server no longer has it. */
  async #restore(saved) {
    try {
      const { turns, state, broadcasts } = await this.#client.get(saved);
      this.#shown.conversation = { ...saved, broadcasts };
      this.#shown.state = state || "bot";
      this.#shown.quietly(() => this.#shown.redraw(turns));
      this.#shown.notices();
      return true;
    } catch (error) {
      if (error.gone) return false;
      throw error;
    }
  }

  async #start({ greet = true } = {}) {
    const started = await this.#client.start(this.#asks.body(), this.#asks.language());
    this.#shown.conversation = started;
    this.#memory.conversation = started;
    this.#shown.state = "bot";
    if (greet) this.#shown.greet(true);
    else this.#shown.title();
    this.#shown.notices();
  }

  /**
   * Sends one message and shows the reply. What fails stays in the log with its
   * reason and a button that tries again.
   * @param {{text: string, choice?: string}} message
   */
  async send(message, element) {
    if (this.#busy) return;
    const written = this.#shown.unsent(message.text, element);
    await this.#exchange(
      async (conversation, isNew) => {
        const reply = await this.#say(conversation, message, isNew);
        this.#shown.sent(written);
        this.#asks.draft();
        return reply;
      },
      (error) => {
        this.#shown.alert();
        this.#asks.draft(message.text);
        this.#shown.notSent(written, this.#explain(error), () => this.send(message, written));
      },
    );
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

  async handover() {
    if (this.#busy) return;
    await this.#exchange(
      (conversation) => this.#client.handover(conversation),
      (error) => this.#shown.alert(this.#explain(error), () => this.handover()),
    );
  }

  /** One call that gives a reply: waits, shows it, or lets `failed` say why not. */
  async #exchange(call, failed) {
    this.#setBusy(true);
    try {
      await this.begin();
      this.#shown.popular(false);
      const reply = await this.#inConversation(call);
      this.#memory.conversation = this.#conversation;
      this.#setBusy(false);
      this.#shown.reply(reply, true);
      this.#asks.replied(reply);
    } catch (error) {
      this.#setBusy(false);
      if (!(error instanceof CallError)) throw error;
      failed(error);
      this.#shown.scrollToEnd();
    }
  }

  #setBusy(busy) {
    this.#busy = busy;
    this.#asks.waiting(busy);
    this.#shown.typing(busy, busy);
    if (busy) {
      this.#shown.alert();
      this.#shown.scrollToEnd();
    }
  }

  /** Calls; where the conversation has expired, starts a new one and calls again. */
  async #inConversation(call) {
    try {
      return await call(this.#conversation, false);
    } catch (error) {
      if (!error.gone) throw error;
      this.#shown.forget();
      await this.#start({ greet: false });
      this.listen(true);
      return call(this.#conversation, true);
    }
  }

  /** True where the server has it. */
  async rate(turn, helpful, comment) {
    try {
      await this.#client.feedback(this.#conversation, { turn, helpful, comment });
      this.#shown.alert();
      return true;
    } catch {
      this.#shown.alert(this.#asks.t("failed"));
      return false;
    }
  }

  /** What was said as a file, and the body's id for its name; null where it cannot be had. */
  async transcript() {
    try {
      await this.begin();
      const file = await this.#client.transcript(this.#conversation);
      this.#shown.alert();
      return { file, body: this.#conversation.body.id };
    } catch (error) {
      this.#shown.alert(this.#explain(error, "failed"));
      return null;
    }
  }

  /** True where it is gone, and another has begun. */
  async erase() {
    try {
      if (this.#conversation) await this.#client.erase(this.#conversation);
    } catch (error) {
      if (!error.gone) {
        this.#shown.alert(this.#explain(error, "failed"));
        return false;
      }
    }
    this.#memory.conversation = null;
    this.#shown.discard();
    await this.#afresh();
    this.#shown.remark(this.#asks.t("erased"));
    return true;
  }

  /** The bot goes on in that language too; what was said stays as it was. */
  async speak(language) {
    const conversation = this.#conversation;
    if (!conversation) return;
    try {
      Object.assign(conversation, await this.#client.speak(conversation, language));
    } catch (error) {
      if (error.gone) await this.#afresh();
      else this.#shown.alert(this.#explain(error));
      return;
    }
    this.#memory.conversation = conversation;
    if (this.#shown.untouched) this.#shown.greet(true);
    this.#shown.popular();
    this.#shown.notices();
    this.listen(true);
  }

  /** Empties the panel and begins again with what the browser now remembers. */
  async #afresh() {
    this.stop();
    this.#shown.clear();
    await this.begin().catch(() => {});
  }

  /** Listens while the panel is open and the page is looked at, and not otherwise. */
  listen(again = false) {
    const wanted = this.#asks.visible() && this.#conversation;
    if (!wanted || again) this.stop();
    if (!wanted || this.#stopListening) return;
    let first = true;
    this.#stopListening = this.#client.listen(this.#conversation, {
      connected: () => {
        if (!first || this.#shown.state !== "bot") this.#catchUp();
        first = false;
      },
      reply: () => this.#catchUp(),
      agent: (turn) => {
        this.#shown.typing(false);
        this.#shown.turn({ from: "agent", ...turn }, true);
      },
      typing: ({ from }) => from !== "visitor" && this.#shown.typing(true, this.#busy),
      broadcasts: ({ broadcasts }) => {
        this.#conversation.broadcasts = broadcasts;
        this.#shown.notices();
      },
      state: ({ state }) => {
        if (this.#shown.setState(state)) this.#catchUp();
      },
    });
  }

  stop() {
    this.#stopListening?.();
    this.#stopListening = null;
  }

  /** Fetches what was said elsewhere: in another tab, or while not connected. */
  async #catchUp() {
    if (this.#busy) return;
    const { turns, state, gone } = await this.#client.get(this.#conversation).catch((e) => e);
    if (gone) await this.#afresh();
    if (!turns || this.#busy) return;
    this.#shown.setState(state);
    const unseen = turns.filter((turn) => turn.from !== "visitor" && !this.#shown.has(turn));
    if (unseen.some((turn) => turn.from === "bot")) this.#shown.redraw(turns);
    else for (const turn of unseen) this.#shown.turn(turn, true);
  }

  /** An error in plain words. `fallback` names the text for one we know nothing about. */
  #explain(error, fallback) {
    const { status, detail, retryAfterSeconds } = error;
    const t = this.#asks.t;
    if (fallback) return t(fallback);
    if (!status) return t("offline");
    if (status === 429) return t("wait", { n: Math.ceil(retryAfterSeconds) || WAIT_SECONDS });
    console.warn("samsvar-chat:", status, detail);
    return t("failed");
  }
}
