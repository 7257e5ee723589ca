// SPDX-License-Identifier: Apache-2.0

import { Connection } from './connection.js';
import { CommandError } from './link.js';

/** From here on an unsubscribe asks to subscribe again; below it is final. */
const firstRenewableCode = 2500;

/**
 * @typedef {object} Status
 * @property {'connecting'|'recovering'|'live'|'offline'} state
 * @property {string} [reason]
 * @property {number|null} [retryAt]
 */

/** Keeps a set of readers live over one connection and says how it stands. */
export class Session {
  #connection;
  #readers;
  #onStatus;
  #refused = new Map();

  /**
   * @param {string} url Of the WebSocket.
   * @param {import('./reader.js').TopicReader[]} readers
   * @param {(status: Status) => void} onStatus
   */
  constructor(url, readers, onStatus) {
    this.#readers = new Map(readers.map((reader) => [reader.topic, reader]));
    this.#onStatus = onStatus;
    this.#connection = new Connection(url, {
      onState: (state) => this.#changed(state),
      onOpen: (link) => this.#openAll(link),
      onPush: (push, link) => this.#pushed(push, link),
    });
  }

  /** Connects now; also what a person asks for who does not want to wait. */
  open() {
    this.#connection.open();
  }

  #changed(state) {
    this.#onStatus(state.state === 'open' ? { state: 'recovering' } : state);
  }

  async #openAll(link) {
    this.#refused.clear();
    await Promise.all([...this.#readers.values()].map((reader) => this.#open(reader, link)));
    if (link.signal.aborted) return;
    this.#connection.settled();
    this.#reportLive();
  }

  async #open(reader, link) {
    try {
      await reader.open(link);
    } catch (error) {
      if (error instanceof CommandError && !error.isTemporary) this.#refuse(reader.topic, error.message);
      else link.end(error.message);
    }
  }

  #pushed(push, link) {
    const reader = this.#readers.get(push.channel);
    if (push.disconnect) link.end(push.disconnect.reason || 'disconnected', push.disconnect.code);
    else if (reader && push.pub) this.#receive(reader, push.pub, link);
    else if (reader && push.unsubscribe) this.#renew(reader, push.unsubscribe, link);
  }

  #receive(reader, publication, link) {
    try {
      reader.receive(publication);
    } catch (error) {
      link.end(error.message);
    }
  }

  async #renew(reader, { code, reason }, link) {
    if (code < firstRenewableCode) {
      this.#refuse(reader.topic, reason || 'ended by the server');
      this.#reportLive();
    } else if (reader.isLive) {
      this.#onStatus({ state: 'recovering' });
      await this.#open(reader, link);
      if (!link.signal.aborted) this.#reportLive();
    } else {
      link.end('the place in a topic was lost');
    }
  }

  #refuse(topic, reason) {
    this.#refused.set(topic, reason);
  }

  #reportLive() {
    const readers = [...this.#readers.values()];
    const isCurrent = readers.every(({ topic, isLive }) => isLive || this.#refused.has(topic));
    if (!isCurrent) return;
    const missing = [...this.#refused].map(([topic, reason]) => `${topic}: ${reason}`);
    this.#onStatus({ state: 'live', reason: missing.join('; ') });
  }
}
