// SPDX-License-Identifier: Apache-2.0

import { element, oncePerFrame } from './dom.js';
import { count } from './format.js';

/** Rows shown; the server sends the most frequent first. */
const mostRows = 10;

function makeRow() {
  const path = element('span', { class: 'path' });
  const amount = element('span', { class: 'amount' });
  return { path, amount, item: element('li', {}, path, amount) };
}

/** The list of the paths asked for most, of the newest window or in total. */
export class TopList {
  #panel;
  #list;
  #rows = [];
  #paths;
  #view = 'recent';
  #redraw = oncePerFrame(() => this.#render());

  /**
   * @param {HTMLElement} panel Holds the list, and radio buttons whose value is `recent` or `total`.
   * @param {import('./store.js').TopPaths} paths
   */
  constructor(panel, paths) {
    this.#panel = panel;
    this.#list = panel.querySelector('ol');
    this.#paths = paths;
    for (const choice of panel.querySelectorAll('input[type="radio"]')) {
      if (choice.checked) this.#view = choice.value;
      choice.addEventListener('change', () => {
        this.#view = choice.value;
        this.#redraw();
      });
    }
    this.#redraw();
  }

  /**
   * Says that the data changed; draws in the next frame.
   * @param {import('./store.js').TopPaths} [paths] Other data from now on.
   */
  changed(paths = this.#paths) {
    this.#paths = paths;
    this.#redraw();
  }

  #render() {
    const top = this.#paths[this.#view].slice(0, mostRows);
    this.#panel.dataset.points = String(top.length);
    this.#panel.classList.toggle('is-empty', this.#paths.total.length === 0);
    while (this.#rows.length < top.length) this.#addRow();
    while (this.#rows.length > top.length) this.#rows.pop().item.remove();
    const most = Math.max(1, ...top.map((row) => row.count));
    for (const [index, row] of top.entries()) this.#fill(this.#rows[index], row, most);
  }

  #addRow() {
    const row = makeRow();
    this.#rows.push(row);
    this.#list.append(row.item);
  }

  #fill({ path, amount, item }, row, most) {
    path.textContent = row.path;
    path.title = row.path;
    amount.textContent = count(row.count);
    item.dataset.path = row.path;
    item.dataset.value = String(row.count);
    item.style.setProperty('--share', `${((100 * row.count) / most).toFixed(1)}%`);
  }
}
