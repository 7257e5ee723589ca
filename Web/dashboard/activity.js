// SPDX-License-Identifier: Apache-2.0

import { TopicReader } from './reader.js';

/** The topic of the feed. */
const topic = 'activity';

/** What fills the feed: its topic, or what a chain makes of it. */
export class Activity {
  #feed;
  #keep;
  #handlers;
  #viewCount = 0;

  /**
   * @param {import('./feed.js').Feed} feed
   * @param {number} keep How many of the newest events to begin with, where there is no chain.
   * @param {{onLiveEvent(): void, onNewLife(): void}} handlers `onNewLife`: the topic began anew.
   */
  constructor(feed, keep, handlers) {
    this.#feed = feed;
    this.#keep = keep;
    this.#handlers = handlers;
    this.reader = this.#makeReader(topic);
  }

  /**
   * Shows what a chain makes of the topic, or the topic itself, once the server agrees.
   * @param {object[]|undefined} pipe
   * @param {import('./session.js').Session} session
   * @returns {Promise<void>} Rejects with what is wrong; what was shown stays.
   */
  async show(pipe, session) {
    // One connection reads a channel once; what follows the question mark is another view of the topic.
    this.#viewCount += 1;
    await session.replace(this.reader, this.#makeReader(`${topic}?view=${this.#viewCount}`, pipe));
  }

  #makeReader(channel, pipe) {
    const feed = this.#feed;
    const reader = new TopicReader(
      channel,
      this.#keep,
      {
        onStart: () => {
          this.reader = reader;
          feed.reset();
        },
        onEvent: (event) => this.#show(reader, event),
        onGap: (gap) => {
          if (!gap.isBeforeStart) feed.addGap(gap);
        },
        onNewLife: () => this.#beganAnew(pipe !== undefined),
      },
      pipe,
    );
    return reader;
  }

  #show(reader, event) {
    // A former reader is heard until the server has ended its subscription.
    if (reader !== this.reader) return;
    if (reader.isLive) this.#handlers.onLiveEvent();
    this.#feed.add(event);
  }

  #beganAnew(hasChain) {
    if (hasChain) return this.#feed.addGap({ isAnew: true });
    this.#handlers.onNewLife();
    this.#feed.reset();
  }
}
