// SPDX-License-Identifier: Apache-2.0

import { oncePerFrame, svg, watchWidth } from './dom.js';
import { Scrubber } from './scrub.js';

const margin = { top: 8, right: 4, bottom: 20, left: 36 };

/** Where things are on a chart, in CSS pixels. */
export class Plot {
  /**
   * @param {number} width
   * @param {number} height
   * @param {{most: number, step: number}} scale Of the vertical axis: its end, and between its lines.
   */
  constructor(width, height, { most, step }) {
    this.left = margin.left;
    this.right = width - margin.right;
    this.top = margin.top;
    this.bottom = height - margin.bottom;
    this.most = most;
    this.step = step;
  }

  /** @param {number} value @returns {number} */
  y(value) {
    return this.bottom - ((this.bottom - this.top) * value) / this.most;
  }
}

/**
 * Finds a vertical axis with at most five lines at round whole numbers.
 * @param {number} most The greatest value to show.
 * @returns {{most: number, step: number}}
 */
export function roundScale(most) {
  const rough = Math.max(most, 4) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  return { most: Math.ceil(Math.max(most, 1) / step) * step, step };
}

/**
 * Draws the horizontal lines with their values.
 * @param {Plot} plot
 * @param {(value: number) => string} label
 * @returns {SVGElement}
 */
export function grid(plot, label) {
  const lines = svg('g', { class: 'grid' });
  for (let value = 0; value <= plot.most; value += plot.step) {
    const y = Math.round(plot.y(value)) + 0.5;
    lines.append(svg('line', { x1: plot.left, x2: plot.right, y1: y, y2: y }));
    lines.append(svg('text', { x: plot.left - 8, y: y + 3.5, 'text-anchor': 'end' }, label(value)));
  }
  return lines;
}

/**
 * Writes what fits under the horizontal axis, from the right, since the newest matters most.
 * @param {Plot} plot
 * @param {{x: number, text: string}[]} labels From left to right.
 * @returns {SVGElement}
 */
export function axis(plot, labels) {
  const texts = svg('g', { class: 'axis' });
  let free = plot.right + 18;
  for (const { x, text } of labels.toReversed()) {
    const half = text.length * 3.2;
    const middle = Math.min(Math.max(x, plot.left + half), plot.right - half);
    if (middle + half > free) continue;
    free = middle - half - 12;
    texts.append(svg('text', { x: middle, y: plot.bottom + 15, 'text-anchor': 'middle' }, text));
  }
  return texts;
}

/**
 * @typedef {object} Drawing
 * @property {SVGElement[]} parts
 * @property {{key: number, x: number, text: string}[]} marks What can be read off.
 * @property {number} points How many windows or samples are drawn.
 */

/** The frame of every chart: its size, its empty state, its readout, and when to draw. */
export class Chart {
  #width = 0;
  #panel;
  #canvas;
  #scrubber;
  #draw;
  #redraw = oncePerFrame(() => this.#render());

  /**
   * @param {HTMLElement} panel Holds an `svg.plot`, a `.readout` and perhaps a `.empty`.
   * @param {(width: number, height: number) => Drawing} draw
   */
  constructor(panel, draw) {
    this.#panel = panel;
    this.#draw = draw;
    this.#canvas = panel.querySelector('svg.plot');
    this.#scrubber = new Scrubber(this.#canvas, panel.querySelector('.readout'), this.#redraw);
    panel.dataset.points = '0';
    watchWidth(panel.querySelector('.canvas'), (width) => {
      this.#width = width;
      this.#redraw();
    });
  }

  /** Says that the data changed; draws in the next frame. */
  changed() {
    this.#redraw();
  }

  #render() {
    if (this.#width === 0) return;
    const height = this.#canvas.clientHeight || Number(this.#canvas.getAttribute('height'));
    const { parts, marks, points } = this.#draw(this.#width, height);
    this.#panel.dataset.points = String(points);
    this.#panel.classList.toggle('is-empty', points === 0);
    this.#scrubber.update(marks);
    const chosen = this.#scrubber.chosen;
    const at = { class: 'cursor', y1: margin.top, y2: height - margin.bottom };
    const cursor = chosen ? [svg('line', { ...at, x1: chosen.x, x2: chosen.x })] : [];
    this.#canvas.setAttribute('viewBox', `0 0 ${this.#width} ${height}`);
    this.#canvas.replaceChildren(...parts, ...cursor);
  }
}
