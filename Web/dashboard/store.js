// SPDX-License-Identifier: Apache-2.0

import { number } from './format.js';

/** Windows kept in memory: as many as the server keeps of a topic by default, so none is lost sooner. */
const mostWindows = 16_384;

/** How far back the load chart looks, in milliseconds. */
export const loadSpan = 300_000;

/** The farthest from 1970 that a date may be, in milliseconds. */
const farthestTime = 8.64e15;

const isRecord = (data) => typeof data === 'object' && data !== null;
const isTime = (value) => Number.isFinite(value) && Math.abs(value) <= farthestTime;
const isWindow = (data) => isRecord(data) && isTime(data.start) && isTime(data.end);

/**
 * Windows of one topic in order of event time, the newest revision of each.
 * @template Window
 */
export class WindowSeries {
  #windows = [];

  /**
   * Puts a window in, in place of an earlier revision of it.
   * @param {Window & {start: number, revision: number}} window
   * @returns {Window|null|undefined} What it replaced; null when it is new; undefined when it is outdated.
   */
  put(window) {
    let place = this.#windows.length;
    while (place > 0 && this.#windows[place - 1].start > window.start) place -= 1;
    const former = this.#windows[place - 1];
    if (former?.start === window.start) {
      if (former.revision > window.revision) return undefined;
      this.#windows[place - 1] = window;
      return former;
    }
    this.#windows.splice(place, 0, window);
    if (this.#windows.length > mostWindows) this.#windows.shift();
    return null;
  }

  /** How many windows there are. */
  get size() {
    return this.#windows.length;
  }

  /** @param {number} limit @returns {Window[]} The newest by event time, oldest first. */
  newest(limit) {
    return this.#windows.slice(-limit);
  }
}

const statusClasses = ['2xx', '3xx', '4xx', '5xx'];

function byClass(byStatus) {
  const parts = { '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, other: 0 };
  for (const [status, amount] of Object.entries(isRecord(byStatus) ? byStatus : {})) {
    const name = `${status[0]}xx`;
    parts[statusClasses.includes(name) ? name : 'other'] += number(amount);
  }
  return parts;
}

/** Requests per window, and their totals: the sums over the newest revision of every window. */
export class Requests {
  series = new WindowSeries();
  count = 0;
  bytes = 0;

  /** @param {unknown} data Of one `requests.rate` event. */
  apply(data) {
    if (!isWindow(data)) return;
    const { start, end, revision } = data;
    const [count, bytes] = [number(data.count), number(data.bytes)];
    const parts = byClass(data.byStatus);
    const former = this.series.put({ start, end, revision: number(revision), count, bytes, parts });
    if (former === undefined) return;
    this.count += count - (former?.count ?? 0);
    this.bytes += bytes - (former?.bytes ?? 0);
  }
}

/** Distinct visitors per window and in total. */
export class Visitors {
  series = new WindowSeries();
  total = 0;

  /** @param {unknown} data Of one `requests.visitors` event. */
  apply(data) {
    if (!isWindow(data)) return;
    const { start, end, revision } = data;
    const distinct = number(data.distinct);
    this.series.put({ start, end, revision: number(revision), count: distinct, parts: { distinct } });
    this.total = number(data.total);
  }
}

function topList(top) {
  const rows = Array.isArray(top) ? top.filter(isRecord) : [];
  return rows.map(({ path, count }) => ({ path: String(path), count: number(count) }));
}

/** The paths asked for most: in the newest window, and in total. */
export class TopPaths {
  recent = [];
  total = [];
  #newest = -Infinity;

  /** @param {unknown} data Of one `requests.top` event. */
  apply(data) {
    if (!isWindow(data)) return;
    this.total = topList(data.total?.top);
    if (data.end < this.#newest) return;
    this.#newest = data.end;
    this.recent = topList(data.top);
  }
}

/** Readings of CPU and memory, those of the last minutes. */
export class Load {
  samples = [];

  /** @param {unknown} data Of one `system.load` event. */
  apply(data) {
    if (!isRecord(data) || !isTime(data.time)) return;
    const { time } = data;
    if (time <= (this.samples.at(-1)?.time ?? -Infinity)) return;
    const [cpu, memory] = [number(data.cpu), number(data.memory)];
    const [used, capacity] = [number(data.memoryUsed), number(data.memoryTotal)];
    this.samples.push({ time, cpu, memory, used, capacity });
    while (this.samples[0].time < time - loadSpan) this.samples.shift();
  }
}
