// SPDX-License-Identifier: Apache-2.0

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
 * Says whether a close code invites to come back.
 * @param {number} code
 * @returns {boolean}
 */
export function mayReturn(code) {
  return !((code >= 3500 && code < 4000) || (code >= 4500 && code < 5000));
}

/**
 * @typedef {object} ConnectionState
 * @property {'connecting'|'open'|'offline'} state
 * @property {string} [reason] Why it is offline.
 * @property {number|null} [retryAt] When it tries again, in milliseconds; null for never by itself.
 */

/** Keeps one link to the server: opens it, and when it ends opens the next after a while. */
export class Connection {
  #url;
  #handlers;
  #link = null;
  #attempt = 0;
  #isFinal = false;
  #timer = 0;

  /**
   * @param {string} url
   * @param {{onState(state: ConnectionState): void, onOpen(link: Link): void,
   *   onPush(push: object, link: Link): void}} handlers
   */
  constructor(url, handlers) {
    this.#url = url;
    this.#handlers = handlers;
    addEventListener('online', () => this.#wake());
    document.addEventListener('visibilitychange', () => this.#wake());
  }

  /** Opens a link now, unless there is one. */
  open() {
    if (this.#link) return;
    clearTimeout(this.#timer);
    this.#isFinal = false;
    this.#handlers.onState({ state: 'connecting' });
    const link = new Link(this.#url, {
      onOpen: () => {
        this.#handlers.onState({ state: 'open' });
        this.#handlers.onOpen(link);
      },
      onPush: (push) => this.#handlers.onPush(push, link),
      onEnd: (end) => this.#ended(end),
    });
    this.#link = link;
  }

  /** Says that all is well: the next failure is retried soon again. */
  settled() {
    this.#attempt = 0;
  }

  #wake() {
    if (!this.#isFinal && !document.hidden) this.open();
  }

  #ended({ code, reason }) {
    this.#link = null;
    this.#isFinal = !mayReturn(code);
    if (this.#isFinal) {
      this.#handlers.onState({ state: 'offline', reason, retryAt: null });
      return;
    }
    const delay = retryDelay(this.#attempt);
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.open(), delay);
    this.#handlers.onState({ state: 'offline', reason, retryAt: Date.now() + delay });
  }
}
