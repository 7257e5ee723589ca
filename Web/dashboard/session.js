// SPDX-License-Identifier: Apache-2.0

import { Connection } from './connection.js';
import { count } from './format.js';
import { CommandError } from './link.js';

/** From here on an unsubscribe asks to subscribe again; below it is final. */
const firstRenewableCode = 2500;
/** Refusals that the status tells in full. */
const mostTold = 2;

/**
 * @typedef {object} Status
 * @property {'connecting'|'recovering'|'live'|'offline'|'token'} state
 * @property {string} [reason]
 * @property {number|null} [retryAt]
 */

/** Keeps a set of readers live over one connection and says how it stands. */
export class Session {
  #connection;
  #tokens;
  #readers;
  #onStatus;
  #refused = new Map();
  #hasBeenLive = false;

  /**
   * @param {string} url Of the WebSocket.
   * @param {import('./token.js').TokenStore} tokens
   * @param {import('./reader.js').TopicReader[]} readers
   * @param {(status: Status) => void} onStatus
   */
  constructor(url, tokens, readers, onStatus) {
    this.#tokens = tokens;
    this.#readers = new Map(readers.map((reader) => [reader.channel, reader]));
    this.#onStatus = onStatus;
    this.#connection = new Connection(url, tokens, {
      onState: (state) => this.#changed(state),
      onOpen: (link, { subs = {} }) => this.#openAll(link, subs),
      onPush: (push, link) => this.#pushed(push, link),
      makePlaces: () => this.#places(),
    });
  }

  /** Connects now; also what a person asks for who does not want to wait. */
  open() {
    this.#connection.open();
  }

  /** Goes on with the token that was just given. @returns {Promise<void>} Rejects when it is refused. */
  useToken() {
    return this.#connection.useToken();
  }

  /** Whether some topic was refused to whoever we are. */
  get isRefused() {
    return this.#refused.size > 0;
  }

  /**
   * Puts a reader in the place of another, once the server agrees to it.
   * @param {import('./reader.js').TopicReader} old
   * @param {import('./reader.js').TopicReader} next Its channel is another.
   * @returns {Promise<void>} Rejects when the server refuses it, or nobody can be asked: `old` stays.
   */
  async replace(old, next) {
    const link = this.#connection.link;
    if (!link) throw new Error('not connected now: apply it again when the page is live');
    this.#readers.set(next.channel, next);
    try {
      await next.open(link);
    } catch (error) {
      if (next.place === undefined) {
        this.#readers.delete(next.channel);
        throw error;
      }
      // It has begun: the next link goes on with it.
      link.end(error.message);
    }
    this.#readers.delete(old.channel);
    const wasRefused = this.#refused.delete(old.channel);
    // Whether it was there does not matter any more.
    if (!wasRefused) await link.call({ unsubscribe: { channel: old.channel } }).catch(() => {});
    if (!link.signal.aborted) this.#reportLive([]);
  }

  #changed(state) {
    this.#onStatus(state.state === 'open' ? { state: 'recovering' } : state);
  }

  #places() {
    const known = [...this.#readers.values()].filter(({ place }) => place !== undefined);
    return Object.fromEntries(known.map(({ channel, place }) => [channel, place]));
  }

  async #openAll(link, granted) {
    this.#refused.clear();
    const readers = [...this.#readers.values()];
    await Promise.all(readers.map((reader) => this.#open(reader, link, granted[reader.channel])));
    if (link.signal.aborted) return;
    this.#connection.settled();
    this.#reportLive(this.#hasBeenLive ? readers : []);
    this.#hasBeenLive = true;
  }

  async #open(reader, link, granted) {
    try {
      await reader.open(link, granted);
      this.#refused.delete(reader.channel);
    } catch (error) {
      const isFinal = error instanceof CommandError && !error.isTemporary;
      if (isFinal) this.#refused.set(reader.channel, error.message);
      else link.end(error.message);
    }
  }

  #pushed(push, link) {
    const reader = this.#readers.get(push.channel);
    if (push.disconnect) link.end(push.disconnect.reason || 'disconnected', push.disconnect.code);
    else if (push.refresh) this.#tokens.holdsFor(push.refresh);
    else if (reader && push.pub) this.#receive(reader, push.pub, link);
    else if (reader && push.subscribe) this.#renew(reader, link, push.subscribe);
    else if (reader && push.unsubscribe) this.#unsubscribed(reader, push.unsubscribe, link);
  }

  #receive(reader, publication, link) {
    try {
      reader.receive(publication);
    } catch (error) {
      link.end(error.message);
    }
  }

  #unsubscribed(reader, { code, reason }, link) {
    if (code < firstRenewableCode) {
      this.#refused.set(reader.channel, reason || 'ended by the server');
      this.#reportLive([]);
    } else if (reader.isLive) {
      this.#renew(reader, link);
    } else {
      link.end('the place in a topic was lost');
    }
  }

  async #renew(reader, link, granted) {
    this.#onStatus({ state: 'recovering' });
    await this.#open(reader, link, granted);
    if (!link.signal.aborted) this.#reportLive([reader]);
  }

  #reportLive(reopened) {
    const readers = [...this.#readers.values()];
    const isCurrent = readers.every(({ channel, isLive }) => isLive || this.#refused.has(channel));
    if (!isCurrent) return;
    const reasons = [recovery(reopened), ...this.#refusals()].filter((text) => text !== '');
    this.#onStatus({ state: 'live', reason: reasons.join('; ') });
  }

  #refusals() {
    const told = [...this.#refused].slice(0, mostTold).map(([name, reason]) => `${name}: ${reason}`);
    const rest = this.#refused.size - told.length;
    return rest > 0 ? [...told, `${rest} more topics are refused`] : told;
  }
}

/** Says what a reconnect has brought back, and what it has not. */
function recovery(readers) {
  if (readers.length === 0) return '';
  const reports = readers.filter(({ isLive }) => isLive).map(({ report }) => report);
  const sum = (name) => reports.reduce((total, report) => total + report[name], 0);
  const [caughtUp, missed, anew] = [sum('caughtUp'), sum('missed'), sum('isAnew')];
  const lost = missed > 0 ? `${count(missed)} events can't be had any more` : '';
  const begun = anew > 0 ? `${anew} of ${reports.length} topics began anew` : '';
  const whole = lost || begun ? '' : 'nothing was missed';
  const back = caughtUp > 0 ? `${count(caughtUp)} events caught up` : '';
  return [back, lost, begun, whole].filter((text) => text !== '').join(', ');
}
