// SPDX-License-Identifier: Apache-2.0

import { whatFollows } from './endings.js';
import { Link } from './link.js';

/** The first retry waits at most this long, each further one twice as long; in milliseconds. */
const firstDelay = 300;
/** No retry waits longer, in milliseconds. */
const longestDelay = 20_000;

/**
 * Says how long to wait before a retry: exponential with full jitter, so that a thousand pages
 * don't come back to a restarted server in the same instant.
 * @param {number} attempt 0 for the first retry.
 * @param {number} [random] From 0 to 1.
 * @returns {number} Milliseconds.
 */
export function retryDelay(attempt, random = Math.random()) {
  return random * Math.min(longestDelay, firstDelay * 2 ** attempt);
}

/**
 * @typedef {object} ConnectionState
 * @property {'connecting'|'open'|'offline'|'token'} state `token` until a person has given another one.
 * @property {string} [reason] Why it is not open.
 * @property {number|null} [retryAt] When it tries again, in milliseconds; null for never by itself.
 * @property {boolean} [isTakenBack] Whether it tries again with the token before the one that was refused.
 */

/** Keeps one link to the server: opens it, and when it ends opens the next after a while. */
export class Connection {
  #url;
  #tokens;
  #handlers;
  #link = null;
  #isOpen = false;
  #refreshes = 0;
  #attempt = 0;
  #isFinal = false;
  #timer = 0;

  /**
   * @param {string} url
   * @param {import('./token.js').TokenStore} tokens
   * @param {{onState(state: ConnectionState): void, onOpen(link: Link, connected: object): void,
   *   onPush(push: object, link: Link): void, makePlaces(): object}} handlers `makePlaces` says where
   *   to go on in channels that the server may subscribe us to.
   */
  constructor(url, tokens, handlers) {
    this.#url = url;
    this.#tokens = tokens;
    this.#handlers = handlers;
    addEventListener('online', () => this.#wake());
    document.addEventListener('visibilitychange', () => this.#wake());
  }

  /** The link that is open now, or null. */
  get link() {
    return this.#isOpen ? this.#link : null;
  }

  /** Opens a link now, unless there is one. */
  open() {
    if (this.#link) return;
    clearTimeout(this.#timer);
    this.#isFinal = false;
    this.#handlers.onState({ state: 'connecting' });
    const token = this.#tokens.token;
    const link = new Link(this.#url, token, this.#handlers.makePlaces(), {
      onOpen: (connected) => {
        this.#isOpen = true;
        this.#tokens.confirm(token);
        this.#tokens.holdsFor(connected);
        this.#handlers.onState({ state: 'open' });
        this.#handlers.onOpen(link, connected);
      },
      onPush: (push) => this.#handlers.onPush(push, link),
      onEnd: (end) => this.#ended(end, link),
    });
    this.#link = link;
  }

  /**
   * Goes on with the token that a person has just given: it takes the place of an older one of the
   * same person without a break, and else begins a new connection, which recovers as any other.
   * @returns {Promise<void>} Rejects when the server refuses it and the former one goes on.
   */
  async useToken() {
    const link = this.link;
    if (link?.hasToken && this.#tokens.token !== '') return this.#refresh(link);
    this.#link?.end('another token', 0);
    this.open();
  }

  /** Says that all is well: the next failure is retried soon again. */
  settled() {
    this.#attempt = 0;
  }

  async #refresh(link) {
    const token = this.#tokens.token;
    this.#refreshes += 1;
    try {
      const validity = await link.refresh(token);
      this.#tokens.confirm(token);
      this.#tokens.holdsFor(validity);
    } catch (error) {
      if (!link.signal.aborted) throw error;
    } finally {
      this.#refreshes -= 1;
    }
  }

  #wake() {
    if (!this.#isFinal && !document.hidden) this.open();
  }

  #ended({ code, reason }, link) {
    // A token of somebody else ends the connection; a new one may still take it.
    const isOthers = code === 3500 && this.#refreshes > 0;
    [this.#link, this.#isOpen] = [null, false];
    const next = isOthers ? 'retry' : whatFollows(code);
    const isTakenBack = next === 'token' && this.#tokens.takeBack();
    this.#isFinal = next !== 'retry' && !isTakenBack;
    if (isTakenBack) {
      this.#retry(reason, { isTakenBack });
    } else if (next === 'token') {
      this.#tokens.forget();
      const words = link.hasToken ? reason : 'the server wants to know who you are: enter a token';
      this.#handlers.onState({ state: 'token', reason: words, retryAt: null });
    } else if (next === 'final') {
      this.#handlers.onState({ state: 'offline', reason, retryAt: null });
    } else {
      this.#retry(reason);
    }
  }

  #retry(reason, more = {}) {
    const delay = retryDelay(this.#attempt);
    this.#attempt += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.open(), delay);
    this.#handlers.onState({ state: 'offline', reason, retryAt: Date.now() + delay, ...more });
  }
}
