// SPDX-License-Identifier: Apache-2.0

import { element, oncePerFrame } from './dom.js';
import { bytes, count, duration, number, percent } from './format.js';

/** Jobs shown; the oldest finished one makes room first. */
const mostJobs = 20;

const states = { running: 'running', done: 'done', failed: 'failed' };

function words({ state, percent: done, secondsLeft, perSecond, lines, refused, ...job }) {
  const facts = [];
  if (typeof done === 'number') facts.push(percent(done / 100));
  const end = state === 'running' && number(job.total) > 0 ? ` of ${bytes(job.total)}` : '';
  if (typeof job.done === 'number') facts.push(bytes(job.done) + end);
  if (number(lines) > 0) facts.push(`${count(lines)} lines`);
  if (number(refused) > 0) facts.push(`${count(refused)} refused`);
  if (state === 'running' && number(perSecond) > 0) facts.push(`${count(Math.round(perSecond))}/s`);
  if (state === 'running' && typeof secondsLeft === 'number') {
    facts.push(`${duration(secondsLeft * 1000)} left`);
  }
  return facts.join(' · ');
}

function makeCard(onDismiss) {
  const parts = {
    label: element('span', { class: 'label' }),
    state: element('span', { class: 'state' }),
    bar: element('progress', { max: 100 }),
    facts: element('span', { class: 'facts' }),
    dismiss: element('button', { type: 'button', class: 'quiet', hidden: '' }, 'Dismiss'),
  };
  const head = element('div', { class: 'job-head' }, parts.label, parts.state, parts.dismiss);
  parts.dismiss.addEventListener('click', onDismiss);
  return { ...parts, item: element('li', { class: 'job' }, head, parts.bar, parts.facts) };
}

/** One bar per job, newest first; finished ones stay until they are dismissed. */
export class ProgressList {
  #panel;
  #list;
  #announce;
  #jobs = new Map();
  #redraw = oncePerFrame(() => this.#render());

  /**
   * @param {HTMLElement} panel Holds the list.
   * @param {(text: string) => void} announce Says politely how a job ended.
   */
  constructor(panel, announce) {
    this.#panel = panel;
    this.#list = panel.querySelector('ul');
    this.#announce = announce;
    this.#redraw();
  }

  /** @param {unknown} data Of one `progress` event. */
  apply(data) {
    if (typeof data !== 'object' || data === null || data.job === undefined) return;
    const id = String(data.job);
    const job = this.#jobs.get(id) ?? this.#add(id);
    job.data = { ...data, state: states[data.state] ?? 'running' };
    this.#redraw();
  }

  /** Marks what still runs as interrupted: its server is gone. */
  reset() {
    for (const job of this.#jobs.values()) {
      if (job.data.state === 'running') job.data = { ...job.data, state: 'interrupted' };
    }
    this.#redraw();
  }

  #add(id) {
    const job = { data: { state: states.running }, card: makeCard(() => this.#dismiss(id)), said: null };
    this.#jobs.set(id, job);
    this.#list.prepend(job.card.item);
    if (this.#jobs.size > mostJobs) this.#dismiss(this.#leastWanted());
    return job;
  }

  #leastWanted() {
    const ids = [...this.#jobs.keys()];
    return ids.find((id) => this.#jobs.get(id).data.state !== 'running') ?? ids[0];
  }

  #dismiss(id) {
    this.#jobs.get(id)?.card.item.remove();
    this.#jobs.delete(id);
    this.#redraw();
  }

  #render() {
    this.#panel.classList.toggle('is-empty', this.#jobs.size === 0);
    for (const [id, job] of this.#jobs) this.#fill(id, job);
  }

  #fill(id, { data, card }) {
    const isRunning = data.state === 'running';
    card.item.dataset.job = id;
    card.item.dataset.state = data.state;
    card.label.textContent = String(data.label ?? id);
    card.state.textContent = data.state;
    card.facts.textContent = words(data);
    card.dismiss.hidden = isRunning;
    card.dismiss.setAttribute('aria-label', `Dismiss ${data.label ?? id}`);
    card.bar.setAttribute('aria-label', String(data.label ?? id));
    if (typeof data.percent === 'number') card.bar.value = data.percent;
    else if (isRunning) card.bar.removeAttribute('value');
    else card.bar.value = data.state === 'done' ? 100 : 0;
    this.#say(id, data);
  }

  #say(id, { state, label }) {
    const job = this.#jobs.get(id);
    if (job.said === 'running' && state !== 'running') this.#announce(`${label ?? id}: ${state}`);
    job.said = state;
  }
}
