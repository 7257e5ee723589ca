// SPDX-License-Identifier: Apache-2.0

import { wordsFor } from './endings.js';

/** How long opening may take before it counts as failed, in milliseconds. */
const longestOpening = 10_000;
/** How much later than promised a ping may come before the link counts as dead, in milliseconds. */
const pingGrace = 10_000;
/** What the server is taken to promise when it does not say, in seconds. */
const defaultPing = 25;

/** A command that the server refused. */
export class CommandError extends Error {
  /** @param {{code: number, message?: string, temporary?: boolean}} error */
  constructor({ code, message, temporary }) {
    super(message || `error ${code}`);
    this.code = code;
    this.isTemporary = temporary === true || code === 100 || code === 111;
  }
}

/** The life of one WebSocket: commands and their replies, pushes, pings, and one end. */
export class Link {
  #socket;
  #token;
  #handlers;
  #calls = new Map();
  #nextID = 1;
  #life = new AbortController();
  #longestSilence = longestOpening;
  #watchdog = 0;

  /**
   * @param {string} url
   * @param {string} token Says who we are; empty for nobody in particular. It goes into the first
   *   command and into headers, never into a URL.
   * @param {object} subs Where to go on in channels that the server may subscribe us to, by name.
   * @param {{onOpen(connected: object): void, onPush(push: object): void,
   *   onEnd(end: {code: number, reason: string}): void}} handlers `onEnd` is called once.
   */
  constructor(url, token, subs, handlers) {
    this.#token = token;
    this.#handlers = handlers;
    this.#socket = new WebSocket(url);
    this.#socket.onopen = () => this.#connect(subs);
    this.#socket.onmessage = ({ data }) => this.#receive(data);
    this.#socket.onclose = ({ code, reason }) => this.end(wordsFor(code, reason), code);
    this.#expectSomething();
  }

  /** Aborted when the link ends, for whatever is done on its behalf. */
  get signal() {
    return this.#life.signal;
  }

  /** Whether the server knows who we are. */
  get hasToken() {
    return this.#token !== '';
  }

  /**
   * Sends a command.
   * @param {object} command
   * @returns {Promise<object>} Its result; rejects with a {@link CommandError}, or when the link ends.
   */
  call(command) {
    if (this.signal.aborted) return Promise.reject(this.signal.reason);
    const id = this.#nextID++;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { name: Object.keys(command)[0], resolve, reject });
      this.#socket.send(JSON.stringify({ id, ...command }));
    });
  }

  /**
   * Asks over HTTP, as the same person.
   * @param {string} path
   * @returns {Promise<Response>} Rejects when the link ends.
   */
  get(path) {
    const headers = this.hasToken ? { Authorization: `Bearer ${this.#token}` } : {};
    return fetch(path, { headers, signal: this.signal });
  }

  /**
   * Gives the server a newer token of the same person.
   * @param {string} token
   * @returns {Promise<object>} For how long it holds; rejects like {@link call}.
   */
  async refresh(token) {
    const result = await this.call({ refresh: { token } });
    this.#token = token;
    return result;
  }

  /**
   * Ends the link, from our side or the server's; only the first call does anything.
   * @param {string} reason For people.
   * @param {number} [code] The close code, or that of the error of `connect`; 0 when we gave up.
   */
  end(reason, code = 0) {
    if (this.signal.aborted) return;
    clearTimeout(this.#watchdog);
    this.#life.abort(new Error(reason));
    for (const { reject } of this.#calls.values()) reject(this.signal.reason);
    this.#calls.clear();
    this.#socket.close();
    this.#handlers.onEnd({ code, reason });
  }

  async #connect(subs) {
    try {
      const token = this.hasToken ? { token: this.#token } : {};
      const connected = await this.call({ connect: { name: 'dashboard', subs, ...token } });
      const { ping = defaultPing } = connected;
      this.#longestSilence = ping > 0 ? ping * 1000 + pingGrace : 0;
      this.#expectSomething();
      this.#handlers.onOpen(connected);
    } catch (error) {
      if (error instanceof CommandError) this.end(wordsFor(error.code, error.message), error.code);
      else this.end(error.message);
    }
  }

  #expectSomething() {
    clearTimeout(this.#watchdog);
    if (this.#longestSilence === 0) return;
    this.#watchdog = setTimeout(() => this.end('the server fell silent'), this.#longestSilence);
  }

  #receive(text) {
    this.#expectSomething();
    for (const line of text.split('\n')) {
      if (this.signal.aborted) return;
      if (line.trim() !== '') this.#handle(line);
    }
  }

  #handle(line) {
    const message = parse(line);
    if (!message) this.end('the server sent something unreadable');
    else if (message.push) this.#handlers.onPush(message.push);
    else if (message.id) this.#answer(message);
    else this.#socket.send('{}');
  }

  #answer(message) {
    const call = this.#calls.get(message.id);
    if (!call) return;
    this.#calls.delete(message.id);
    if (message.error) call.reject(new CommandError(message.error));
    else call.resolve(message[call.name] ?? {});
  }
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
