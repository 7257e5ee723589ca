// SPDX-License-Identifier: Apache-2.0

import { Plot, axis, grid, roundScale } from './charts.js';
import { svg } from './dom.js';
import { compact, count, duration, minutes, span } from './format.js';

/** The most windows drawn at once. */
const mostWindows = 60;
/** The narrowest that a window may get, in CSS pixels; a phone shows fewer instead. */
const narrowestSlot = 3.5;
/** Windows without a gap share a label: at ten seconds each, one per minute. */
const windowsPerLabel = 6;

/**
 * Gives each window a slot from left to right, and an empty slot to each stretch without windows:
 * a gap is seen, but an hour of silence does not push the rest off the chart.
 */
function layOut(windows) {
  const slots = [];
  let inRow = -1;
  for (const [index, window] of windows.entries()) {
    const former = windows[index - 1];
    const silence = former ? window.start - former.end : 0;
    if (silence > 0) slots.push({ silence, end: window.start });
    inRow = silence > 0 ? 0 : inRow + 1;
    slots.push({ window, isLabelled: inRow % windowsPerLabel === 0 });
  }
  return slots;
}

function bar(window, x, width, plot, series) {
  const group = svg('g', { class: 'bar' });
  let below = 0;
  for (const { key } of series) {
    const value = window.parts[key];
    if (!value) continue;
    const bottom = plot.y(below);
    below += value;
    const top = Math.min(plot.y(below), bottom - 1);
    group.append(svg('rect', { x, y: top, width, height: bottom - top, class: `s-${key}` }));
  }
  return group;
}

function words(window, series, unit) {
  const present = series.filter(({ key }) => window.parts[key]);
  const parts = present.map(({ key, label }) => `${label} ${count(window.parts[key])}`);
  const detail = series.length > 1 && parts.length > 0 ? ` (${parts.join(', ')})` : '';
  return `${span(window.start, window.end)}: ${count(window.count)} ${unit}${detail}`;
}

function gapWords({ silence, end }, unit) {
  return `${span(end - silence, end)}: no ${unit} for ${duration(silence)}`;
}

/**
 * Draws windows as stacked bars.
 * @param {import('./store.js').WindowSeries} windows
 * @param {{key: string, label: string}[]} series The parts of a bar, from the bottom.
 * @param {string} unit What is counted.
 * @param {number} width
 * @param {number} height
 * @returns {import('./charts.js').Drawing}
 */
export function drawBars(windows, series, unit, width, height) {
  const room = Math.floor((width - 40) / narrowestSlot);
  const shown = windows.newest(Math.min(mostWindows, room));
  const slots = layOut(shown).slice(-room);
  const plot = new Plot(width, height, roundScale(Math.max(0, ...shown.map((w) => w.count))));
  const step = Math.min((plot.right - plot.left) / Math.max(slots.length, 1), 32);
  const parts = [grid(plot, compact)];
  const [marks, labels] = [[], []];
  for (const [index, { window, isLabelled, ...gap }] of slots.entries()) {
    const x = plot.right - (slots.length - index) * step;
    const middle = x + step / 2;
    if (window) {
      const gutter = step > 6 ? 2 : 1;
      parts.push(bar(window, x + gutter / 2, step - gutter, plot, series));
      marks.push({ key: window.start, x: middle, text: words(window, series, unit) });
      if (isLabelled) labels.push({ x: middle, text: minutes(window.start) });
    } else {
      const place = { x1: middle, x2: middle, y1: plot.top, y2: plot.bottom };
      parts.push(svg('line', { ...place, class: 'gap-line' }));
      marks.push({ key: -gap.end, x: middle, text: gapWords(gap, unit) });
    }
  }
  parts.push(axis(plot, labels));
  return { parts, marks, points: slots.filter(({ window }) => window).length };
}
