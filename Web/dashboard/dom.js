// SPDX-License-Identifier: Apache-2.0

/**
 * Elements and frames. Nothing here ever parses markup: what a user wrote arrives as a text node.
 */

const svgNamespace = 'http://www.w3.org/2000/svg';

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/**
 * Makes an HTML element; strings among the children become text nodes.
 * @param {string} tag
 * @param {Record<string, string|number|null|undefined>} [attributes] Null and undefined are left out.
 * @param {...(Node|string)} children
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  return build(document.createElement(tag), attributes, children);
}

/**
 * Makes an SVG element.
 * @param {string} tag
 * @param {Record<string, string|number|null|undefined>} [attributes]
 * @param {...(Node|string)} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  return build(document.createElementNS(svgNamespace, tag), attributes, children);
}

/**
 * Finds the one element with this `data-testid`; the page is written so that each is there.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function find(id) {
  return document.querySelector(`[data-testid="${id}"]`);
}

const due = new Set();
let isFramePending = false;

function runFrame() {
  isFramePending = false;
  const renders = [...due];
  due.clear();
  for (const render of renders) render();
}

/**
 * Turns a render function into one that may be called any number of times and runs once per frame.
 * @param {() => void} render
 * @returns {() => void}
 */
export function oncePerFrame(render) {
  return () => {
    due.add(render);
    if (isFramePending) return;
    isFramePending = true;
    requestAnimationFrame(runFrame);
  };
}

/**
 * Calls back, in a frame, with the width of an element in CSS pixels, now and whenever it changes.
 * @param {HTMLElement} node
 * @param {(width: number) => void} onWidth
 */
export function watchWidth(node, onWidth) {
  let width = 0;
  new ResizeObserver(([entry]) => {
    const next = Math.round(entry.contentRect.width);
    if (next === width || next === 0) return;
    width = next;
    onWidth(width);
  }).observe(node);
}
