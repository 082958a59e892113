// The functions that a component imports; natively there is no host, and stand-ins answer.

import * as standIn from "./stand-in.js";

let current = standIn;

/** Lets `host` answer from now on. */
export function install(host) {
  current = host;
}

/** Whoever answers here. */
export function host() {
  return current;
}
