// SPDX-License-Identifier: Apache-2.0

import { Activity } from './activity.js';
import { drawBars } from './bars.js';
import { ChainBox } from './chain.js';
import { Chart } from './charts.js';
import { find } from './dom.js';
import { Feed } from './feed.js';
import { drawLoad } from './lines.js';
import { Meter } from './meter.js';
import { ProgressList } from './progress.js';
import { TopicReader } from './reader.js';
import { Session } from './session.js';
import { TokenForm } from './signin.js';
import { LifeNotice, StatusView } from './status.js';
import { Load, Requests, TopPaths, Visitors } from './store.js';
import { makeTiles } from './tiles.js';
import { TokenStore } from './token.js';
import { TopList } from './top.js';

/** Events of each topic read at the start, to fill charts and feed. */
const recentEvents = 250;

const statusSeries = [
  { key: '2xx', label: '2xx' },
  { key: '3xx', label: '3xx' },
  { key: '4xx', label: '4xx' },
  { key: '5xx', label: '5xx' },
  { key: 'other', label: 'other' },
];
const visitorSeries = [{ key: 'distinct', label: 'visitors' }];

let requests = new Requests();
let visitors = new Visitors();
let topPaths = new TopPaths();
let isPartial = false;
const load = new Load();

const meter = new Meter(find('rate'), find('rate-line'));
const life = new LifeNotice(find('life'));
const updateTiles = makeTiles(() => ({ requests, visitors, isPartial }));
const requestChart = new Chart(find('chart-requests'), (width, height) =>
  drawBars(requests.series, statusSeries, 'requests', width, height),
);
const visitorChart = new Chart(find('chart-visitors'), (width, height) =>
  drawBars(visitors.series, visitorSeries, 'visitors', width, height),
);
const loadChart = new Chart(find('chart-load'), (width, height) => drawLoad(load, width, height));
const topList = new TopList(find('top-paths'), topPaths);
const progress = new ProgressList(find('progress'), (text) => {
  find('announcer').textContent = text;
});
const feed = new Feed(find('activity'), {
  list: find('feed'),
  pause: find('pause'),
  chips: find('filter'),
  all: find('filter-all'),
});

/**
 * Makes the reader of one topic: what its events do, and what a new life of the server undoes.
 * @param {string} topic
 * @param {number} keep Of the newest events, how many to start with.
 * @param {(event: import('./reader.js').TopicEvent) => void} onEvent
 * @param {() => void} reset
 * @param {(gap: {from: number, to: number, isBeforeStart: boolean}) => void} [onGap]
 */
function read(topic, keep, onEvent, reset, onGap) {
  const reader = new TopicReader(topic, keep, {
    onGap,
    onEvent(event) {
      if (reader.isLive) meter.count();
      onEvent(event);
    },
    onNewLife() {
      life.show();
      reset();
    },
  });
  return reader;
}

function changedRequests() {
  requestChart.changed();
  updateTiles();
}

function changedVisitors() {
  visitorChart.changed();
  updateTiles();
}

const activity = new Activity(feed, recentEvents, {
  onLiveEvent: () => meter.count(),
  onNewLife: () => life.show(),
});

const readers = [
  read(
    'requests.rate',
    Infinity,
    ({ data }) => {
      requests.apply(data);
      changedRequests();
    },
    () => {
      requests = new Requests();
      isPartial = false;
      changedRequests();
    },
    () => {
      isPartial = true;
      updateTiles();
    },
  ),
  read(
    'requests.visitors',
    recentEvents,
    ({ data }) => {
      visitors.apply(data);
      changedVisitors();
    },
    () => {
      visitors = new Visitors();
      changedVisitors();
    },
  ),
  read(
    'requests.top',
    recentEvents,
    ({ data }) => {
      topPaths.apply(data);
      topList.changed(topPaths);
    },
    () => {
      topPaths = new TopPaths();
      topList.changed(topPaths);
    },
  ),
  activity.reader,
  read(
    'progress',
    recentEvents,
    ({ data }) => progress.apply(data),
    () => progress.reset(),
  ),
  read(
    'system.load',
    recentEvents,
    ({ data }) => {
      load.apply(data);
      loadChart.changed();
    },
    () => {}, // The machine did not restart: its readings stay, with the gap between them.
  ),
];

const url = new URL('/ws', location.href);
url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
const tokens = new TokenStore((seconds) => tokenForm.warn(seconds));
const status = new StatusView(find('status'), () => session.open());
const session = new Session(url.href, tokens, readers, showStatus);
const tokenForm = new TokenForm(find('token'), find('token-open'), tokens, () => session.useToken());
new ChainBox(find('chain'), (pipe) => activity.show(pipe, session));

/** @param {import('./session.js').Status} state */
function showStatus(state) {
  status.show(state);
  if (state.isTakenBack) tokenForm.refuse(state.reason);
  if (state.state === 'token') tokenForm.ask(state.reason);
  else if (state.state === 'connecting') tokenForm.settle();
  // Without keys the server asks nobody who they are, and the page does not speak of it.
  if (state.state === 'token' || session.isRefused || tokens.token !== '') find('token-open').hidden = false;
}

updateTiles();
session.open();
