// SPDX-License-Identifier: Apache-2.0

import { element } from './dom.js';
import { seconds } from './format.js';

const titles = {
  connecting: 'Connecting',
  recovering: 'Catching up',
  live: 'Live',
  offline: 'Offline',
  token: 'Token needed',
};

/** The indicator of the connection: state, reason, and the seconds to the next try. */
export class StatusView {
  #box;
  #word;
  #reason;
  #countdown;
  #retry;
  #timer = 0;

  /**
   * @param {HTMLElement} box
   * @param {() => void} onRetry Called when a person does not want to wait.
   */
  constructor(box, onRetry) {
    this.#box = box;
    this.#word = box.querySelector('.word');
    this.#reason = box.querySelector('.reason');
    this.#countdown = box.querySelector('.countdown');
    this.#retry = box.querySelector('button');
    this.#retry.addEventListener('click', onRetry);
  }

  /** @param {import('./session.js').Status} status */
  show({ state, reason = '', retryAt = null }) {
    clearInterval(this.#timer);
    this.#box.dataset.state = state;
    this.#word.textContent = titles[state];
    this.#reason.textContent = reason;
    this.#retry.hidden = state !== 'offline';
    this.#countdown.textContent = '';
    document.title = state === 'live' ? 'Weir' : `${titles[state]} · Weir`;
    if (retryAt === null) return;
    this.#count(retryAt);
    this.#timer = setInterval(() => this.#count(retryAt), 250);
  }

  #count(retryAt) {
    const left = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
    this.#countdown.textContent = `next try in ${left} s`;
  }
}

/** The notice that the server began a new life, until somebody dismisses it. */
export class LifeNotice {
  #box;

  /** @param {HTMLElement} box */
  constructor(box) {
    this.#box = box;
  }

  /** Shows the notice, or shows the later time on the one that is there. */
  show() {
    const text = `Server restarted: a new life, totals start again. Noticed at ${seconds(Date.now())}.`;
    const dismiss = element('button', { type: 'button', class: 'quiet' }, 'Dismiss');
    dismiss.addEventListener('click', () => this.#hide());
    this.#box.replaceChildren(element('p', {}, text), dismiss);
    this.#box.hidden = false;
  }

  #hide() {
    this.#box.hidden = true;
    this.#box.replaceChildren();
  }
}
