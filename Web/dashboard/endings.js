// SPDX-License-Identifier: Apache-2.0

/** The error of a command whose token has had its time. */
export const expiredError = 109;

/** Why a connection ended, by its close code or the error of `connect`, and what a person can do. */
const known = new Map([
  [1000, 'the connection was lost'],
  [1001, 'the server is shutting down'],
  [1005, 'the connection was lost'],
  [1006, 'the connection was lost'],
  [1009, 'a message was too large'],
  [1013, 'the server has no room for this page now'],
  [3001, 'the server is shutting down'],
  [3005, 'the token has expired'],
  [3008, 'this page takes in too little: close other tabs, or use a better network'],
  [3010, 'a subscription has lost its place'],
  [3012, 'this page did not answer in time'],
  [3500, 'the server takes no such token: it is not valid, of somebody else, or was revoked'],
  [3501, 'the server does not understand this page: reload it'],
  [3502, 'this page was too slow to introduce itself'],
  [3503, 'somebody ended this connection at the server: ask there before you try again'],
  [expiredError, 'the token has expired'],
]);

/**
 * Says in words why a connection ended, and what can be done.
 * @param {number} code The close code, or that of the error that `connect` was answered with.
 * @param {string} [reason] What the server said; shown for codes that are not known here.
 * @returns {string}
 */
export function wordsFor(code, reason = '') {
  const words = known.get(code) ?? `the server closed the connection (code ${code})`;
  return known.has(code) || reason === '' ? words : `${words}: ${reason}`;
}

/**
 * Says what may follow an end: `retry` by itself, `token` once a person has given another one, `final`
 * when a person asks for it.
 * @param {number} code As for {@link wordsFor}.
 * @returns {'retry'|'token'|'final'}
 */
export function whatFollows(code) {
  if (code === 3500 || code === expiredError) return 'token';
  const isFinal = (code >= 3500 && code < 4000) || (code >= 4500 && code < 5000);
  return isFinal ? 'final' : 'retry';
}
