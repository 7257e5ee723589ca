// SPDX-License-Identifier: Apache-2.0

import { Plot, axis, grid } from './charts.js';
import { svg } from './dom.js';
import { bytes, minutes, percent, seconds } from './format.js';
import { loadSpan } from './store.js';

/** A pause between samples is a gap when it is this many times the usual pause. */
const gapFactor = 3;
/** The lines: memory first, so that CPU is drawn over it. */
const lines = ['memory', 'cpu'];

function usualPause(samples) {
  const pauses = samples.slice(1).map(({ time }, index) => time - samples[index].time);
  return pauses.sort((a, b) => a - b)[Math.floor(pauses.length / 2)] ?? 0;
}

/** Cuts the samples where some are missing, so that no line is drawn through a time nobody measured. */
function runs(samples) {
  const longest = usualPause(samples) * gapFactor;
  const all = [];
  for (const [index, sample] of samples.entries()) {
    const former = samples[index - 1];
    if (!former || sample.time - former.time > longest) all.push([]);
    all.at(-1).push(sample);
  }
  return all;
}

function path(run, key, x, plot) {
  const points = run.map((sample) => `${x(sample.time).toFixed(1)},${plot.y(sample[key]).toFixed(1)}`);
  const [first, last] = [x(run[0].time).toFixed(1), x(run.at(-1).time).toFixed(1)];
  const area = `M${first},${plot.bottom}L${points.join('L')}L${last},${plot.bottom}Z`;
  return svg(
    'g',
    { class: `line s-${key}` },
    svg('path', { d: area, class: 'area' }),
    svg('path', { d: `M${points.join('L')}`, class: 'stroke' }),
  );
}

function words({ time, cpu, memory, used, capacity }) {
  const detail = capacity > 0 ? ` (${bytes(used)} of ${bytes(capacity)})` : '';
  return `${seconds(time)}: CPU ${percent(cpu)}, memory ${percent(memory)}${detail}`;
}

function minuteLabels(from, to, x) {
  const labels = [];
  for (let time = Math.ceil(from / 60_000) * 60_000; time <= to; time += 60_000) {
    labels.push({ x: x(time), text: minutes(time) });
  }
  return labels;
}

/**
 * Draws CPU and memory over the last minutes.
 * @param {import('./store.js').Load} load
 * @param {number} width
 * @param {number} height
 * @returns {import('./charts.js').Drawing}
 */
export function drawLoad({ samples }, width, height) {
  const plot = new Plot(width, height, { most: 1, step: 0.25 });
  const parts = [grid(plot, percent)];
  if (samples.length === 0) return { parts, marks: [], points: 0 };
  const to = samples.at(-1).time;
  const from = to - loadSpan;
  const x = (time) => plot.left + ((plot.right - plot.left) * (time - from)) / loadSpan;
  for (const run of runs(samples)) {
    for (const key of lines) parts.push(path(run, key, x, plot));
  }
  parts.push(axis(plot, minuteLabels(from, to, x)));
  const marks = samples.map((sample) => ({ key: sample.time, x: x(sample.time), text: words(sample) }));
  return { parts, marks, points: samples.length };
}
