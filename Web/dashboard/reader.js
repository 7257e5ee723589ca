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

/**
 * @typedef {object} Gap
 * @property {number} from
 * @property {number} to
 * @property {boolean} isBeforeStart Whether nothing of this life had been read yet.
 * @property {boolean} isDenied Whether the events are there, but not for us.
 */

/** @returns {TopicEvent} */
function makeEvent(offset, data, { type, time, subject }) {
  return { offset, data, type: type ?? 'event', time: Date.parse(time) || Date.now(), subject };
}

/**
 * Reads one topic, or what a chain makes of it, each event once and in order, over any number of links.
 *
 * The offset of the last event read is the whole state. A link subscribes from it; what the
 * subscription does not bring is read from history while live events are held back. What a chain has
 * made is recovered by the subscription alone, and begins with what comes.
 */
export class TopicReader {
  #handlers;
  #keep;
  #pipe;
  #epoch = null;
  #last = 0;
  #target = 0;
  #held = [];
  #isStarting = true;
  #report = { caughtUp: 0, missed: 0, isAnew: false };

  /**
   * @param {string} channel The topic; what follows a `?` tells readers of one topic apart.
   * @param {number} keep How many of the newest events to read at the start of a life.
   * @param {{onEvent(event: TopicEvent): void, onGap?(gap: Gap): void, onNewLife(): void,
   *   onStart?(): void}} handlers `onStart` is called before the first event, once the server agrees.
   * @param {object[]} [pipe] The chain.
   */
  constructor(channel, keep, handlers, pipe) {
    this.channel = channel;
    this.topic = channel.split('?')[0];
    this.#keep = pipe ? 0 : keep;
    this.#handlers = handlers;
    this.#pipe = pipe;
  }

  /** Whether history has been read and live events are passed on as they come. */
  get isLive() {
    return this.#held === null;
  }

  /** Where the next link goes on; undefined before the first. */
  get place() {
    if (this.#epoch === null) return undefined;
    return { recover: true, epoch: this.#epoch, offset: this.#last };
  }

  /**
   * What came of the last opening: events caught up with, events that can't be had any more, and
   * whether another life began, of which nobody knows how many were missed before it.
   */
  get report() {
    return this.#report;
  }

  /**
   * Subscribes and reads all that was missed; afterwards the reader is live.
   * @param {import('./link.js').Link} link
   * @param {object} [granted] What the server has answered, where it subscribed us itself.
   * @returns {Promise<void>} Rejects when the link ends, the server refuses or history is unreadable.
   */
  async open(link, granted) {
    this.#held = [];
    this.#report = { caughtUp: 0, missed: 0, isAnew: false };
    const data = this.#pipe ? { data: { pipe: this.#pipe } } : {};
    const subscribe = { channel: this.channel, ...this.place, ...data };
    const reply = granted ?? (await link.call({ subscribe }));
    if (reply.epoch !== this.#epoch) this.#begin(reply);
    for (const { offset, data, tags } of reply.publications ?? []) {
      this.#deliver(makeEvent(offset, data, tags ?? {}));
    }
    this.#target = reply.offset ?? 0;
    while (this.#last < this.#target) await this.#readPage(link);
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
    // A topic that had nothing begins as it was; what a chain has not given yet, nobody knows.
    this.#report.isAnew = this.#epoch !== null && (this.#last > 0 || this.#pipe !== undefined);
    if (this.#report.isAnew) this.#handlers.onNewLife();
    else this.#handlers.onStart?.();
    this.#epoch = epoch;
    this.#last = Math.max(0, offset - this.#keep);
    this.#isStarting = true;
  }

  async #readPage(link) {
    // What a chain has made is kept for subscriptions alone.
    if (this.#pipe) return this.#skip(this.#target, false);
    const path = `/v1/topics/${encodeURIComponent(this.topic)}/events`;
    const response = await link.get(`${path}?after=${this.#last}&limit=${pageSize}`);
    const isDenied = response.status === 403 || (response.status === 401 && !link.hasToken);
    if (isDenied) return this.#skip(this.#target, true);
    if (!response.ok) throw new Error(`history is unreadable (status ${response.status})`);
    const { epoch, events, gap } = await response.json();
    link.signal.throwIfAborted();
    if (epoch !== this.#epoch) throw new Error('the server restarted');
    for (const event of events) this.#deliver(makeEvent(event.offset, event.data, event));
    if (events.length === 0) this.#skip(Math.max(gap?.to ?? 0, this.#target), false);
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
    this.#isStarting = false;
    for (const event of held) this.#deliver(event);
  }

  #deliver(event) {
    if (event.offset <= this.#last) return;
    if (event.offset > this.#last + 1) this.#skip(event.offset - 1, false);
    this.#last = event.offset;
    this.#isStarting = false;
    if (this.#held) this.#report.caughtUp += 1;
    this.#handlers.onEvent(event);
  }

  #skip(to, isDenied) {
    const gap = { from: this.#last + 1, to, isBeforeStart: this.#isStarting, isDenied };
    if (!gap.isBeforeStart) this.#report.missed += to - this.#last;
    this.#last = to;
    this.#handlers.onGap?.(gap);
  }
}
