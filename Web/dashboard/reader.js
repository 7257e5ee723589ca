// SPDX-License-Identifier: Apache-2.0

/** Live events held while history is read, before they are let go and read as history too. */
const mostHeld = 5_000;
/** The most events that the server gives per page of history. */
const pageSize = 1_000;

/**
 * @typedef {object} TopicEvent
 * @property {number} offset
 * @property {string} type
 * @property {number} time In milliseconds.
 * @property {string|undefined} subject
 * @property {unknown} data
 */

/** @returns {TopicEvent} */
function makeEvent(offset, data, { type, time, subject }) {
  return { offset, data, type: type ?? 'event', time: Date.parse(time) || Date.now(), subject };
}

/**
 * Reads one topic, each event once and in order, over any number of links.
 *
 * The offset of the last event read is the whole state. A link subscribes from it; what the
 * subscription does not bring is read from history while live events are held back.
 */
export class TopicReader {
  #handlers;
  #keep;
  #epoch = null;
  #last = 0;
  #target = 0;
  #held = [];
  #isStarting = true;

  /**
   * @param {string} topic
   * @param {number} keep How many of the newest events to read at the start of a life.
   * @param {{onEvent(event: TopicEvent): void,
   *   onGap?(gap: {from: number, to: number, isBeforeStart: boolean}): void,
   *   onNewLife(): void}} handlers
   */
  constructor(topic, keep, handlers) {
    this.topic = topic;
    this.#keep = keep;
    this.#handlers = handlers;
  }

  /** Whether history has been read and live events are passed on as they come. */
  get isLive() {
    return this.#held === null;
  }

  /**
   * Subscribes and reads all that was missed; afterwards the reader is live.
   * @param {import('./link.js').Link} link
   * @returns {Promise<void>} Rejects when the link ends, the server refuses or history is unreadable.
   */
  async open(link) {
    this.#held = [];
    const position = { recover: true, epoch: this.#epoch, offset: this.#last };
    const known = this.#epoch === null ? {} : position;
    const reply = await link.call({ subscribe: { channel: this.topic, ...known } });
    if (reply.epoch !== this.#epoch) this.#begin(reply);
    for (const { offset, data, tags } of reply.publications ?? []) {
      this.#deliver(makeEvent(offset, data, tags ?? {}));
    }
    this.#target = reply.offset ?? 0;
    while (this.#last < this.#target) await this.#readPage(link.signal);
    this.#release();
  }

  /**
   * Takes a live publication.
   * @param {{offset: number, data: unknown, tags?: Record<string, string>}} publication
   * @throws {Error} When events before it are missing; the topic has to be opened again.
   */
  receive({ offset, data, tags }) {
    const event = makeEvent(offset, data, tags ?? {});
    if (this.#held) this.#hold(event);
    else if (offset > this.#last + 1) throw new Error(`events of ${this.topic} are missing`);
    else this.#deliver(event);
  }

  #begin({ epoch, offset = 0 }) {
    if (this.#epoch !== null) this.#handlers.onNewLife();
    this.#epoch = epoch;
    this.#last = Math.max(0, offset - this.#keep);
    this.#isStarting = true;
  }

  async #readPage(signal) {
    const path = `/v1/topics/${encodeURIComponent(this.topic)}/events`;
    const response = await fetch(`${path}?after=${this.#last}&limit=${pageSize}`, { signal });
    if (!response.ok) throw new Error(`history is unreadable (status ${response.status})`);
    const { epoch, events, gap } = await response.json();
    signal.throwIfAborted();
    if (epoch !== this.#epoch) throw new Error('the server restarted');
    for (const event of events) this.#deliver(makeEvent(event.offset, event.data, event));
    if (events.length === 0) this.#skip(Math.max(gap?.to ?? 0, this.#target));
  }

  #hold(event) {
    this.#held.push(event);
    if (this.#held.length <= mostHeld) return;
    this.#target = event.offset;
    this.#held = [];
  }

  #release() {
    const held = this.#held;
    this.#held = null;
    for (const event of held) this.#deliver(event);
  }

  #deliver(event) {
    if (event.offset <= this.#last) return;
    if (event.offset > this.#last + 1) this.#skip(event.offset - 1);
    this.#last = event.offset;
    this.#isStarting = false;
    this.#handlers.onEvent(event);
  }

  #skip(to) {
    this.#handlers.onGap?.({ from: this.#last + 1, to, isBeforeStart: this.#isStarting });
    this.#last = to;
  }
}
