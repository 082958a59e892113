// The task's log. The host bounds it; in native tests it goes to standard error.

import { host } from "./host.js";

export const debug = (message) => host().write("debug", message);
export const info = (message) => host().write("info", message);
export const warning = (message) => host().write("warning", message);
export const error = (message) => host().write("error", message);
