// SPDX-License-Identifier: Apache-2.0

/** Numbers and times as people read them. Times are those of the reader's own time zone. */

const whole = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const clockParts = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
const minuteClock = new Intl.DateTimeFormat('en', clockParts);
const secondClock = new Intl.DateTimeFormat('en', { ...clockParts, second: '2-digit' });
const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric' });
const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/**
 * Reads a number out of data that anybody may have published.
 * @param {unknown} value
 * @returns {number} Zero for what is not a finite number.
 */
export function number(value) {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** @param {number} value @returns {string} `10,000` */
export const count = (value) => whole.format(value);

/** @param {number} value @returns {string} `1.2K`, for axes. */
export const compact = (value) => short.format(value);

/** @param {number} fraction From 0 to 1. @returns {string} `42%` */
export const percent = (fraction) => `${Math.round(fraction * 100)}%`;

/**
 * @param {number} value In bytes.
 * @returns {string} `2.75 GB`, in powers of a thousand.
 */
export function bytes(value) {
  let amount = value;
  let unit = 0;
  while (amount >= 1000 && unit < byteUnits.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || amount >= 100 ? 0 : amount >= 10 ? 1 : 2;
  return `${amount.toFixed(digits)} ${byteUnits[unit]}`;
}

/** @param {number} time In milliseconds. @returns {string} `10:05` */
export const minutes = (time) => minuteClock.format(time);

/** @param {number} time In milliseconds. @returns {string} `10:05:30` */
export const seconds = (time) => secondClock.format(time);

/** @param {number} start @param {number} end @returns {string} `May 17, 2015, 10:05:00 – 10:05:10` */
export const span = (start, end) => `${day.format(start)}, ${seconds(start)} – ${seconds(end)}`;

function inUnits(total, size, large, small) {
  const [whole, rest] = [Math.floor(total / size), total % size];
  return [whole > 0 && `${whole} ${large}`, rest > 0 && `${rest} ${small}`].filter(Boolean).join(' ');
}

/**
 * @param {number} length In milliseconds.
 * @returns {string} `8 s`, `3 min`, `2 h 5 min`
 */
export function duration(length) {
  const total = Math.max(0, Math.round(length / 1000));
  if (total < 60) return `${total} s`;
  if (total < 600) return inUnits(total, 60, 'min', 's');
  return inUnits(Math.round(total / 60), 60, 'h', 'min');
}
