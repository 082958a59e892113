// What answers for the host in native tests; knows the plain cases only.

import { BadTemplate } from "./errors.js";

const BLOCK = /^<{7} SEARCH\n([^]*?)^={7}\n([^]*?)^>{7} REPLACE/gm;
const FENCE = /^```([^`\n]*)\n([^]*?)^```[ \t]*$/gm;
const BRACE = /\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}|[{}]/g;

export function applyEdits(program, reply) {
  const isEnded = program.endsWith("\n");
  let text = isEnded ? program : `${program}\n`;
  const verdicts = Array.from(reply.matchAll(BLOCK), ([, search, replacement]) => {
    const count = text.split(search).length - 1;
    if (count !== 1) {
      return { status: count > 1 ? "ambiguous" : "not-found", message: `the text occurs ${count} times`, lines: [] };
    }
    text = text.split(search).join(replacement);
    return { status: "applied", message: "applied", lines: [] };
  });
  return { program: isEnded ? text : text.replace(/\n$/, ""), verdicts };
}

export function codeBlocks(text) {
  return Array.from(text.matchAll(FENCE), ([, info, code]) => {
    return { language: info.trim().split(/\s/)[0].toLowerCase(), code };
  });
}

export function renderTemplate(template, values) {
  return template.replace(BRACE, (found, name) => {
    if (found === "{{" || found === "}}") return found[0];
    if (name !== undefined && Object.hasOwn(values, name)) return values[name];
    const known = Object.keys(values).map((value) => `{${value}}`);
    throw new BadTemplate(`${found} is no placeholder; known are ${known.join(", ")}`);
  });
}

export function summarize() {
  throw new Error("statistics work in a component only");
}

export const comparePairs = summarize;

export function write(level, message) {
  console.error(`${level}: ${message}`);
}
