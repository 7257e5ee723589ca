// SPDX-License-Identifier: Apache-2.0

/** Where a token is kept over a reload: the browser forgets it with the tab. */
const place = 'weir-token';
/** How long before its end a newer one is asked for, in seconds, or a quarter of its time if that is less. */
const longestNotice = 60;
/** The longest that a timer waits, in milliseconds; longer ones fire at once. */
const longestTimer = 2 ** 31 - 1;

/** The token that says who reads: in memory and in this tab's session storage, and nowhere else. */
export class TokenStore {
  /** The token, empty for nobody in particular. */
  token = '';
  /** The last one that the server took; null before any was. */
  #taken = null;
  #timer = 0;
  #onEnding;

  /** @param {(secondsLeft: number) => void} onEnding Called when a newer token is needed soon. */
  constructor(onEnding) {
    this.#onEnding = onEnding;
    this.token = stored((storage) => storage.getItem(place)) ?? '';
  }

  /** Takes a token that a person has entered. @param {string} token */
  take(token) {
    this.#keep(token);
  }

  /** Notes that the server has taken a token. @param {string} token */
  confirm(token) {
    this.#taken = token;
  }

  /**
   * Goes on with the last token that the server took, since it refused the one that came after.
   * @returns {boolean} Whether there is one; else it is the one that was refused.
   */
  takeBack() {
    if (this.#taken === null || this.#taken === this.token) return false;
    this.#keep(this.#taken);
    return true;
  }

  /** Forgets it, since the server does not take it any more or a person wants it gone. */
  forget() {
    clearTimeout(this.#timer);
    this.#taken = null;
    this.#keep('');
  }

  /** Notes for how long a connection holds. @param {{expires?: boolean, ttl?: number}} validity */
  holdsFor({ expires, ttl = 0 }) {
    clearTimeout(this.#timer);
    if (!expires) return;
    const notice = Math.min(longestNotice, ttl / 4);
    const delay = (ttl - notice) * 1000;
    if (delay < longestTimer) this.#timer = setTimeout(() => this.#onEnding(notice), delay);
  }

  #keep(token) {
    this.token = token;
    stored((storage) => (token === '' ? storage.removeItem(place) : storage.setItem(place, token)));
  }
}

/** A browser may deny the storage; then a reload asks again. */
function stored(use) {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
}
