// SPDX-License-Identifier: Apache-2.0

import { percent } from './format.js';

/** The longest text of a row; the rest of larger data is not worth a screen. */
const longestText = 400;

function share(value) {
  if (typeof value !== 'number') return 'unknown';
  return value <= 1 ? percent(value) : String(value);
}

const process = ({ name, pid }) => `${name} · pid ${pid}`;
const isHigh = ({ value, threshold }) => `${share(value)}, above ${share(threshold)}`;
const isNormal = ({ value, threshold }) => `${share(value)}, below ${share(threshold)}`;

/** What is known about types of events: how to say them, and the colour they get. */
const known = new Map([
  ['process.started', { say: process, tone: 'good' }],
  ['process.ended', { say: process, tone: 'quiet' }],
  ['load.high', { say: isHigh, tone: 'bad' }],
  ['load.normal', { say: isNormal, tone: 'good' }],
  ['memory.high', { say: isHigh, tone: 'bad' }],
  ['memory.normal', { say: isNormal, tone: 'good' }],
]);

/** Colours that types of the user's own are told apart by. */
const tones = ['violet', 'blue', 'teal', 'amber'];

/**
 * Says an event in one line: known types in words, others as compact JSON.
 * @param {import('./reader.js').TopicEvent} event
 * @returns {string}
 */
export function describe({ type, subject, data }) {
  const isRecord = typeof data === 'object' && data !== null;
  const say = isRecord ? known.get(type)?.say : undefined;
  const text = say ? say(data) : typeof data === 'string' ? data : JSON.stringify(data ?? null);
  const whole = subject && !say ? `${subject} · ${text}` : text;
  return whole.length > longestText ? `${whole.slice(0, longestText)}…` : whole;
}

/**
 * Names the colour of a type; the same type always gets the same one.
 * @param {string} type
 * @returns {string}
 */
export function toneOf(type) {
  const tone = known.get(type)?.tone;
  if (tone) return tone;
  let sum = 0;
  for (const letter of type) sum = (sum * 31 + letter.codePointAt(0)) >>> 0;
  return tones[sum % tones.length];
}
