// The class that a task extends.

import { BadInstance } from "./errors.js";
import * as toolkit from "./toolkit.js";

/** The methods without a default are declared in index.d.ts; a task without one fails when it is called. */
export class Task {
  systemPrompt(context) {
    const template = context.systemTemplate ?? this.constructor.describe().systemTemplate ?? "";
    return toolkit.renderTemplate(template, this.systemValues(context));
  }

  optimizationPrompt(context, attempt) {
    const template = context.optimizationTemplate ?? this.constructor.describe().optimizationTemplate ?? "";
    return toolkit.renderTemplate(template, this.optimizationValues(context, attempt));
  }
}

export function worst(direction) {
  return direction === "maximize" ? -Infinity : Infinity;
}

export function parseObject(data) {
  let value;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
    value = JSON.parse(text, (key, part) => {
      for (const text of [key, part]) {
        if (typeof text === "string" && !text.isWellFormed()) throw new SyntaxError("half of a surrogate pair");
      }
      return part;
    });
  } catch (cause) {
    throw new BadInstance("the file is not a JSON object", { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BadInstance("the file is not a JSON object");
  }
  return value;
}
