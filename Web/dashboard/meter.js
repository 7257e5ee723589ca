// SPDX-License-Identifier: Apache-2.0

import { oncePerFrame, svg } from './dom.js';

/** Seconds that the rate is a mean of: short enough to move, long enough not to flicker. */
const meanSeconds = 5;
/** Seconds that the line under the number shows. */
const shownSeconds = 60;

/** Events that this page saw per second: a number and the minute behind it. */
export class Meter {
  #seconds = new Array(shownSeconds).fill(0);
  #current = 0;
  #value;
  #line;

  /**
   * @param {HTMLElement} value Where the number goes.
   * @param {SVGElement} line Where the line goes.
   */
  constructor(value, line) {
    this.#value = value;
    this.#line = line;
    const render = oncePerFrame(() => this.#render());
    setInterval(() => {
      this.#seconds = [...this.#seconds.slice(1), this.#current];
      this.#current = 0;
      render();
    }, 1000);
    this.#render();
  }

  /** Counts one event. */
  count() {
    this.#current += 1;
  }

  #render() {
    const rate = this.#seconds.slice(-meanSeconds).reduce((sum, n) => sum + n, 0) / meanSeconds;
    this.#value.textContent = rate >= 100 ? rate.toFixed(0) : rate.toFixed(1);
    this.#value.dataset.value = String(rate);
    const most = Math.max(1, ...this.#seconds);
    const points = this.#seconds.map((n, second) => `${second},${(19 - (18 * n) / most).toFixed(1)}`);
    const area = `0,20 ${points.join(' ')} ${shownSeconds - 1},20`;
    this.#line.replaceChildren(
      svg('polygon', { points: area, class: 'spark-area' }),
      svg('polyline', { points: points.join(' '), class: 'spark-line' }),
    );
  }
}
