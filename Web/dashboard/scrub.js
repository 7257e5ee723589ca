// SPDX-License-Identifier: Apache-2.0

/**
 * Lets a person read single values off a chart: by pointer, or by arrow keys once it has the focus.
 */
export class Scrubber {
  #marks = [];
  #chosen = null;
  #chart;
  #readout;
  #onChoose;

  /**
   * @param {SVGElement} chart
   * @param {HTMLElement} readout Says the chosen value in words, else the newest one.
   * @param {() => void} onChoose Called when another value was chosen; {@link chosen} tells which.
   */
  constructor(chart, readout, onChoose) {
    this.#chart = chart;
    this.#readout = readout;
    this.#onChoose = onChoose;
    chart.setAttribute('tabindex', '0');
    chart.addEventListener('pointermove', (event) => this.#choose(this.#nearest(event)));
    chart.addEventListener('pointerdown', (event) => this.#choose(this.#nearest(event)));
    chart.addEventListener('pointerleave', () => this.#choose(null));
    chart.addEventListener('focus', () => readout.setAttribute('aria-live', 'polite'));
    chart.addEventListener('blur', () => {
      readout.removeAttribute('aria-live');
      this.#choose(null);
    });
    chart.addEventListener('keydown', (event) => this.#key(event));
  }

  /** The mark that is chosen, or null. @returns {{key: number, x: number, text: string}|null} */
  get chosen() {
    return this.#marks.find(({ key }) => key === this.#chosen) ?? null;
  }

  /**
   * Tells what there is to read, after each drawing.
   * @param {{key: number, x: number, text: string}[]} marks From left to right; `key` survives drawing.
   */
  update(marks) {
    this.#marks = marks;
    const text = (this.chosen ?? marks.at(-1))?.text ?? '';
    if (this.#readout.textContent !== text) this.#readout.textContent = text;
  }

  #choose(key) {
    if (key === this.#chosen) return;
    this.#chosen = key;
    this.#onChoose();
  }

  #nearest({ clientX }) {
    const x = clientX - this.#chart.getBoundingClientRect().left;
    let best = null;
    for (const mark of this.#marks) {
      if (best === null || Math.abs(mark.x - x) < Math.abs(best.x - x)) best = mark;
    }
    return best?.key ?? null;
  }

  #key(event) {
    const last = this.#marks.length - 1;
    const at = this.#marks.findIndex(({ key }) => key === this.#chosen);
    const from = at < 0 ? last + 1 : at;
    const next = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last }[event.key];
    if (event.key === 'Escape') this.#choose(null);
    if (next === undefined || last < 0) return;
    event.preventDefault();
    this.#choose(this.#marks[Math.min(Math.max(next, 0), last)].key);
  }
}
