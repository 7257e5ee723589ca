// SPDX-License-Identifier: Apache-2.0

import { element, oncePerFrame } from './dom.js';
import { count, seconds } from './format.js';
import { TypeFilter } from './filter.js';
import { describe, toneOf } from './words.js';

/** Rows kept; older ones are in the topic's history. */
const mostRows = 500;
/** The type that a row about missing events has. */
const gapType = 'gap';

function makeRow(event) {
  const time = element('time', { datetime: new Date(event.time).toISOString() }, seconds(event.time));
  const dot = element('span', { class: `dot t-${toneOf(event.type)}`, 'aria-hidden': 'true' });
  const type = element('span', { class: 'type' }, dot, event.type);
  const text = element('span', { class: 'text' }, describe(event));
  const names = { 'data-offset': event.offset, 'data-type': event.type };
  return element('li', names, time, type, text);
}

function makeGapRow(gap) {
  return element('li', { class: 'gap', 'data-type': gapType, 'data-testid': 'gap' }, gapWords(gap));
}

function gapWords({ from, to, isDenied, isAnew }) {
  if (isAnew) return 'The chain began anew here; what it gave meanwhile can’t be had any more';
  const amount = to - from + 1;
  const events = amount === 1 ? '1 event' : `${count(amount)} events`;
  return isDenied ? `${events} not shown: no grant for history` : `${events} no longer stored`;
}

/** The list of events, newest first: pausable, filtered by type, drawn once per frame. */
export class Feed {
  #panel;
  #list;
  #pause;
  #filter;
  #waiting = [];
  #arrived = 0;
  #isPaused = false;
  #redraw = oncePerFrame(() => this.#render());

  /**
   * @param {HTMLElement} panel
   * @param {{list: HTMLElement, pause: HTMLButtonElement, chips: HTMLElement,
   *   all: HTMLButtonElement}} parts
   */
  constructor(panel, { list, pause, chips, all }) {
    this.#panel = panel;
    this.#list = list;
    this.#pause = pause;
    this.#filter = new TypeFilter(chips, all, () => this.#showChosen());
    pause.addEventListener('click', () => this.#toggle());
    this.#redraw();
  }

  /** Adds an event. @param {import('./reader.js').TopicEvent} event */
  add(event) {
    this.#filter.saw(event.type);
    this.#arrived += 1;
    this.#wait({ event });
  }

  /**
   * Adds a note that events are missing here.
   * @param {import('./reader.js').Gap|{isAnew: true}} gap `isAnew`: nobody knows how many.
   */
  addGap(gap) {
    this.#wait({ gap });
  }

  /** Forgets all rows: they were of a former life, and its offsets mean nothing in this one. */
  reset() {
    this.#waiting = [];
    this.#arrived = 0;
    this.#filter.reset();
    this.#list.replaceChildren();
    this.#redraw();
  }

  #wait(entry) {
    this.#waiting.push(entry);
    if (this.#waiting.length > 2 * mostRows) this.#waiting = this.#waiting.slice(-mostRows);
    this.#redraw();
  }

  #toggle() {
    this.#isPaused = !this.#isPaused;
    this.#arrived = 0;
    this.#pause.setAttribute('aria-pressed', String(this.#isPaused));
    this.#redraw();
  }

  #render() {
    this.#pause.textContent = this.#isPaused ? `Resume (${count(this.#arrived)} new)` : 'Pause';
    this.#pause.dataset.value = String(this.#isPaused ? this.#arrived : 0);
    if (!this.#isPaused) this.#insert();
    this.#panel.classList.toggle('is-empty', this.#list.childElementCount === 0);
  }

  #insert() {
    const entries = this.#waiting.slice(-mostRows).reverse();
    this.#waiting = [];
    this.#arrived = 0;
    const rows = entries.map(({ event, gap }) => (event ? makeRow(event) : makeGapRow(gap)));
    for (const row of rows) this.#showIfChosen(row);
    this.#list.prepend(...rows);
    while (this.#list.childElementCount > mostRows) this.#list.lastElementChild.remove();
  }

  #showChosen() {
    for (const row of this.#list.children) this.#showIfChosen(row);
  }

  #showIfChosen(row) {
    const isGap = row.dataset.offset === undefined;
    row.hidden = !isGap && !this.#filter.includes(row.dataset.type);
  }
}
