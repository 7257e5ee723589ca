// SPDX-License-Identifier: Apache-2.0

import { duration } from './format.js';

/** The form that asks for a token: when the server wants one, before one ends, or when a person opens it. */
export class TokenForm {
  #tokens;
  #use;
  #form;
  #field;
  #words;
  #forget;
  #opener;
  #isAsked = false;

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLButtonElement} opener Shows and hides it.
   * @param {import('./token.js').TokenStore} tokens
   * @param {() => Promise<void>} use Goes on with the token that the store has now.
   */
  constructor(form, opener, tokens, use) {
    this.#tokens = tokens;
    this.#use = use;
    this.#form = form;
    this.#opener = opener;
    this.#field = form.querySelector('input');
    this.#words = form.querySelector('.words');
    this.#forget = form.querySelector('.forget');
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#forget.addEventListener('click', () => this.#leave());
    opener.addEventListener('click', () => (form.hidden ? this.#open('') : this.hide()));
  }

  /** Asks for a token. @param {string} words Why. */
  ask(words) {
    this.#isAsked = true;
    this.#open(words);
  }

  /** Says that a token ends soon. @param {number} seconds */
  warn(seconds) {
    this.ask(`The token ends in ${duration(seconds * 1000)}. Enter a newer one to go on without a break.`);
  }

  /** Says that a token was refused and the one before it goes on. @param {string} words Why. */
  refuse(words) {
    this.#isAsked = false;
    const goesOn = this.#tokens.token === '' ? 'the page goes on without one' : 'the former token goes on';
    this.#open(`Not taken, ${goesOn}: ${words}`, { isAlert: true });
  }

  /** Says that no token is asked for any more; what a person has opened, or typed, stays. */
  settle() {
    if (this.#isAsked && this.#field.value === '') this.hide();
  }

  /** Hides it, and what was typed. */
  hide() {
    this.#isAsked = false;
    this.#form.hidden = true;
    this.#field.value = '';
    this.#opener.setAttribute('aria-expanded', 'false');
  }

  #open(words, { isAlert = false } = {}) {
    const wasHidden = this.#form.hidden;
    this.#form.hidden = false;
    this.#words.textContent = words;
    this.#field.setAttribute('aria-invalid', String(isAlert));
    this.#forget.hidden = this.#tokens.token === '';
    this.#opener.setAttribute('aria-expanded', 'true');
    // Who types elsewhere is not interrupted by a token that ends.
    const isFree = document.activeElement === document.body || document.activeElement === this.#opener;
    if (wasHidden && isFree) this.#field.focus();
  }

  async #submit() {
    const token = this.#field.value.trim();
    this.#field.value = '';
    if (token === '') return this.#open('Enter a token first.', { isAlert: true });
    this.#tokens.take(token);
    this.hide();
    try {
      await this.#use();
    } catch (error) {
      this.#tokens.takeBack();
      this.refuse(error.message);
    }
  }

  #leave() {
    this.#tokens.forget();
    this.hide();
    this.#use();
  }
}
