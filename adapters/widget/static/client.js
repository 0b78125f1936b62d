/**
 * The conversation API as the widget sees it, and what the browser remembers.
 */

const TIMEOUT_MS = 30_000;
const IDLE_HOURS_MAX = 24;
const RECONNECT_MS_FIRST = 2_000;
const RECONNECT_MS_MAX = 60_000;

/**
 * Why a call failed. `status` is the HTTP status, 0 where no answer came at all;
 * `detail` is the server's own explanation (RFC 9457) where it gave one.
 */
export class CallError extends Error {
  constructor(status, detail = "", retryAfterSeconds = 0) {
    super(detail || `status ${status}`);
    this.status = status;
    this.detail = detail;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** True where the conversation is expired or erased: start a new one. */
  get gone() {
    return [401, 404, 410].includes(this.status);
  }
}

/** Calls `/v1/conversations` on one server. */
export class Client {
  /** @param {URL} server where the API lives, with a trailing slash */
  constructor(server) {
    this.server = server;
  }

  start(body, language) {
    return this.#json("POST", "", null, { body, language });
  }

  get(conversation) {
    return this.#json("GET", `/${conversation.id}`, conversation);
  }

  /** @param message {text} or {choice} */
  say(conversation, message) {
    return this.#json("POST", `/${conversation.id}/messages`, conversation, message);
  }

  /** @returns {language, greeting, popular, broadcasts} in that language */
  speak(conversation, language) {
    return this.#json("PUT", `/${conversation.id}/language`, conversation, { language });
  }

  handover(conversation) {
    return this.#json("POST", `/${conversation.id}/handover`, conversation);
  }

  feedback(conversation, feedback) {
    return this.#call("POST", `/${conversation.id}/feedback`, conversation, feedback);
  }

  erase(conversation) {
    return this.#call("DELETE", `/${conversation.id}`, conversation);
  }

  async transcript(conversation) {
    return (await this.#call("GET", `/${conversation.id}/transcript`, conversation)).blob();
  }

  /**
   * Listens for what happens without being asked: agents, other tabs.
   * Connects again with growing pauses; a server without events does no harm.
   * @param {Record<string, (data: object) => void>} handlers by event name;
   *   `connected` is called at every connection
   * @returns {() => void} call it to stop
   */
  listen(conversation, handlers) {
    let source, timer;
    let pause = RECONNECT_MS_FIRST;
    const address = this.#address(`/${conversation.id}/events`);
    address.searchParams.set("token", conversation.token);

    const connect = () => {
      source = new EventSource(address);
      source.onopen = () => {
        pause = RECONNECT_MS_FIRST;
        handlers.connected?.();
      };
      source.onerror = () => {
        source.close();
        timer = setTimeout(connect, pause);
        pause = Math.min(pause * 2, RECONNECT_MS_MAX);
      };
      for (const name of ["reply", "agent", "typing", "state", "broadcasts"]) {
        source.addEventListener(name, (event) => handlers[name]?.(parse(event.data)));
      }
    };
    connect();
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }

  #address(path) {
    return new URL(`v1/conversations${path}`, this.server);
  }

  async #json(...request) {
    const response = await this.#call(...request);
    try {
      return await response.json();
    } catch {
      throw new CallError(0);
    }
  }

  async #call(method, path, conversation, body) {
    const headers = {};
    if (conversation) headers.Authorization = `Bearer ${conversation.token}`;
    if (body) headers["Content-Type"] = "application/json";
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), TIMEOUT_MS);
    let response;
    try {
      response = await fetch(this.#address(path), {
        method,
        headers,
        body: body && JSON.stringify(body),
        credentials: "omit",
        cache: "no-store",
        signal: stop.signal,
      });
    } catch {
      throw new CallError(0);
    } finally {
      clearTimeout(timer);
    }
    if (response.ok) return response;
    const problem = parse(await response.text().catch(() => ""));
    throw new CallError(
      response.status,
      typeof problem.detail === "string" ? problem.detail : "",
      Number(response.headers.get("Retry-After")) || 0,
    );
  }
}

/**
 * What the browser remembers of one body's chat: the conversation for a day after
 * its last use, over pages and tabs; the draft and whether the panel is open for
 * this tab only. Where storage is blocked it remembers until the page is left.
 */
export class Memory {
  #key;
  #fallback = new Map();

  constructor(server, body) {
    this.#key = `samsvar:${server.host}:${body}`;
  }

  /** @returns {object|null} {id, token, language, greeting, popular, body, broadcasts} */
  get conversation() {
    const saved = parse(this.#read("localStorage", "conversation"));
    const idleHours = (Date.now() - saved.at) / 3_600_000;
    return saved.id && idleHours < IDLE_HOURS_MAX ? saved : null;
  }

  /** Remembers it, and that it was used now; null forgets it. */
  set conversation(conversation) {
    const saved = conversation && JSON.stringify({ ...conversation, at: Date.now() });
    this.#write("localStorage", "conversation", saved);
  }

  /** "yes", "no", or "" where the visitor has not decided in this tab. */
  get open() {
    return this.#read("sessionStorage", "open");
  }

  set open(value) {
    this.#write("sessionStorage", "open", value);
  }

  get draft() {
    return this.#read("sessionStorage", "draft");
  }

  set draft(text) {
    this.#write("sessionStorage", "draft", text);
  }

  get language() {
    return this.#read("localStorage", "language");
  }

  set language(language) {
    this.#write("localStorage", "language", language);
  }

  /** The notices that the visitor has hidden in this tab, by what they say. */
  get hidden() {
    return this.#read("sessionStorage", "hidden").split(" ");
  }

  hide(notice) {
    this.#write("sessionStorage", "hidden", [...this.hidden, notice].join(" "));
  }

  #read(area, name) {
    try {
      return window[area].getItem(`${this.#key}:${name}`) || "";
    } catch {
      return this.#fallback.get(name) || "";
    }
  }

  #write(area, name, value) {
    try {
      if (value) window[area].setItem(`${this.#key}:${name}`, value);
      else window[area].removeItem(`${this.#key}:${name}`);
    } catch {
      this.#fallback.set(name, value);
    }
  }
}

/** The object in a JSON text, empty where there is none. */
function parse(text) {
  try {
    return JSON.parse(text) || {};
  } catch {
    return {};
  }
}
