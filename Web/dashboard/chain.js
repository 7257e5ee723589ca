// SPDX-License-Identifier: Apache-2.0

/**
 * Reads what a person has typed: a chain as JSON, one stage as JSON, or the expression of a filter.
 * @param {string} text
 * @returns {object[]|undefined} The chain; undefined for none.
 * @throws {Error} When it begins as JSON does and is none.
 */
export function readChain(text) {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  if (!/^[[{]/.test(trimmed)) return [{ filter: trimmed }];
  try {
    const value = JSON.parse(trimmed);
    return Array.isArray(value) ? value : [value];
  } catch (error) {
    throw new Error(`this is not JSON: ${error.message}`);
  }
}

/** The box in which a person says what is to be made of a panel's topic before it is shown. */
export class ChainBox {
  #apply;
  #form;
  #field;
  #error;
  #shown;
  #button;
  #clear;

  /**
   * @param {HTMLFormElement} form
   * @param {(pipe: object[]|undefined) => Promise<void>} apply Rejects with what is wrong with the
   *   chain; then the former one stays.
   */
  constructor(form, apply) {
    this.#apply = apply;
    this.#form = form;
    this.#field = form.querySelector('textarea');
    this.#error = form.querySelector('.error');
    this.#shown = form.querySelector('.shown');
    this.#button = form.querySelector('button[type="submit"]');
    this.#clear = form.querySelector('.clear');
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#field.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    this.#clear.addEventListener('click', () => {
      this.#field.value = '';
      this.#submit();
    });
  }

  async #submit() {
    if (this.#button.disabled) return;
    this.#button.disabled = true;
    try {
      const pipe = readChain(this.#field.value);
      await this.#apply(pipe);
      this.#say('', pipe);
    } catch (error) {
      this.#say(error.message);
    } finally {
      this.#button.disabled = false;
    }
  }

  #say(error, pipe) {
    this.#error.textContent = error;
    this.#field.setAttribute('aria-invalid', String(error !== ''));
    if (error !== '') return;
    this.#form.dataset.state = pipe ? 'chained' : 'plain';
    this.#shown.textContent = pipe ? `Shown: ${JSON.stringify(pipe)}` : '';
    this.#clear.hidden = !pipe;
  }
}
