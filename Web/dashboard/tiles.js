// SPDX-License-Identifier: Apache-2.0

import { find, oncePerFrame } from './dom.js';
import { bytes, count } from './format.js';

function put(id, value, text) {
  const node = find(id);
  node.dataset.value = String(value);
  node.textContent = text;
}

/**
 * Makes the function that shows the totals.
 * @param {() => {requests: import('./store.js').Requests, visitors: import('./store.js').Visitors,
 *   isPartial: boolean}} totals Asked in each frame that draws. Partial totals leave out windows that
 *   the server no longer stored when the page was opened.
 * @returns {() => void} To call when something changed.
 */
export function makeTiles(totals) {
  return oncePerFrame(() => {
    const { requests, visitors, isPartial } = totals();
    put('requests-total', requests.count, count(requests.count));
    put('bytes-total', requests.bytes, bytes(requests.bytes));
    put('visitors-total', visitors.total, count(visitors.total));
    find('bytes-exact').textContent = `${count(requests.bytes)} bytes`;
    const windows = `${count(requests.series.size)} windows`;
    find('requests-note').textContent = isPartial ? `in the ${windows} still stored` : `in ${windows}`;
  });
}
