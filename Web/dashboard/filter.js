// SPDX-License-Identifier: Apache-2.0

import { element, oncePerFrame } from './dom.js';
import { count } from './format.js';
import { toneOf } from './words.js';

/** Types with a chip of their own; whoever invents more shares the last one. */
const mostTypes = 40;
/** The name that further types go by; no server sends it, since it has spaces. */
const otherTypes = 'all other types';

/** The chips that choose which types of events are shown, made from the types seen. */
export class TypeFilter {
  #box;
  #all;
  #onChange;
  #chips = new Map();
  #redraw = oncePerFrame(() => this.#render());

  /**
   * @param {HTMLElement} box Where the chips go.
   * @param {HTMLButtonElement} all Shows every type again.
   * @param {() => void} onChange
   */
  constructor(box, all, onChange) {
    this.#box = box;
    this.#all = all;
    this.#onChange = onChange;
    box.addEventListener('change', () => this.#changed());
    all.addEventListener('click', () => {
      for (const { input } of this.#chips.values()) input.checked = true;
      this.#changed();
    });
  }

  /** Counts one event of a type. @param {string} type */
  saw(type) {
    this.#chip(type).seen += 1;
    this.#redraw();
  }

  /** @param {string} type @returns {boolean} Whether events of the type are to be shown. */
  includes(type) {
    return this.#chip(type).input.checked;
  }

  /** Starts the counts again; which types are shown stays. */
  reset() {
    for (const chip of this.#chips.values()) chip.seen = 0;
    this.#redraw();
  }

  #chip(type) {
    const isOther = !this.#chips.has(type) && this.#chips.size >= mostTypes;
    const name = isOther ? otherTypes : type;
    const chip = this.#chips.get(name) ?? this.#makeChip(name);
    return chip;
  }

  #makeChip(name) {
    const input = element('input', { type: 'checkbox', value: name });
    input.checked = true;
    const amount = element('span', { class: 'amount' });
    const dot = element('span', { class: `dot t-${toneOf(name)}`, 'aria-hidden': 'true' });
    const label = element('label', { class: 'chip' }, input, dot, element('span', {}, name), amount);
    this.#box.append(label);
    const chip = { input, amount, seen: 0 };
    this.#chips.set(name, chip);
    return chip;
  }

  #changed() {
    this.#redraw();
    this.#onChange();
  }

  #render() {
    for (const { amount, seen } of this.#chips.values()) {
      const text = count(seen);
      if (amount.textContent !== text) amount.textContent = text;
    }
    this.#all.hidden = [...this.#chips.values()].every(({ input }) => input.checked);
  }
}
