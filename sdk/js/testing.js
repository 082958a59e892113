// What a task's native tests need: a Script that stands in for the execution service.

import assert from "node:assert/strict";
import { renderTemplate } from "./toolkit.js";

/** The report of a run; it used nothing. */
export function report(outcome, output = "", errorOutput = "") {
  const encoder = new TextEncoder();
  return {
    outcome,
    output: encoder.encode(output),
    outputDroppedBytes: 0,
    errorOutput: encoder.encode(errorOutput),
    errorDroppedBytes: 0,
    measurement: { wallNs: 0, userNs: 0, systemNs: 0, peakResidentBytes: 0, memoryByteSeconds: 0, details: [] },
  };
}

export class Script {
  compiled = [];
  runs = [];

  constructor(run, check = () => {}) {
    this.answer = run;
    this.check = check;
  }

  compile(request) {
    this.compiled.push(request);
    this.check(request);
    return new ScriptedProgram(this, request);
  }
}

class ScriptedProgram {
  constructor(script, source) {
    this.script = script;
    this.source = source;
  }

  run(requests) {
    this.script.runs.push(requests);
    return requests.map((request) => this.script.answer(this.source, request));
  }

  compare(incumbent, requests, rounds) {
    return Array.from({ length: rounds }, () => ({
      candidate: this.run(requests),
      incumbent: incumbent.run(requests),
    }));
  }

  dispose() {}
}

export function evaluate(task, script, candidate, incumbent) {
  const evaluation = task.evaluate(script, candidate, incumbent);
  assert(!evaluation.success || Number.isFinite(evaluation.metric), `success with the metric ${evaluation.metric}`);
  assert(!evaluation.summary.includes("\n"), `the summary has several lines: ${evaluation.summary}`);
  const artifacts = JSON.parse(evaluation.artifacts ?? "{}");
  assert(artifacts !== null && typeof artifacts === "object" && !Array.isArray(artifacts), "artifacts: no JSON object");
  return evaluation;
}

export function checkDescription(description) {
  assert.match(description.name, /^[a-z0-9-]+$/, "name: use lower-case letters, digits and `-`");
  assert.match(description.version ?? "0.1.0", /^\d+\.\d+\.\d+([-+].*)?$/, "version: write major.minor.patch");
  JSON.parse(description.configSchema ?? "{}");
  const values = (names = []) => Object.fromEntries(names.map((name) => [name, ""]));
  renderTemplate(description.systemTemplate ?? "", values(description.systemVariables));
  renderTemplate(description.optimizationTemplate ?? "", values(description.optimizationVariables));
}
