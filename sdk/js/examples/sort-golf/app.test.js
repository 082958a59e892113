// Tests of the task's own logic, without a component and without a sandbox: `node --test`. Those in the
// folder `tests` run the component: `perfagent plugin test`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { BadInstance } from "perfagent-task";
import { checkDescription, evaluate, report, Script } from "perfagent-task/testing";
import Golf from "./app.js";

const LINES = readFileSync(new URL("examples/lines.json", import.meta.url));
const golf = () => Golf.load("lines", LINES, {});
const nothingAdded = { additionalRequirements: "", localMemory: "", globalMemory: "", details: [] };

/** Sorts as the programs should. */
const sorting = new Script((_program, { input }) => report({ tag: "exited", val: 0 }, String(input).split("\n").sort().join("\n").trimStart()));

test("the description is what the host demands", () => checkDescription(Golf.describe()));

test("a right program is worth its bytes", () => {
  const { success, metric } = evaluate(golf(), sorting, "é\n");
  assert.deepEqual([success, metric], [true, 2]);
});

test("the first failing test reaches the prompt", () => {
  const script = new Script((_program, { input }) =>
    input === "" ? report({ tag: "wall-limit" }) : report({ tag: "exited", val: 0 }, "apple\nfig\npear\n"),
  );
  const evaluation = evaluate(golf(), script, "x");
  assert.deepEqual([evaluation.success, evaluation.summary], [false, "test 2 of 3: time limit"]);
  const prompt = golf().optimizationPrompt(nothingAdded, { solution: "x", evaluation, notes: [] });
  assert(prompt.includes("test 2 of 3: time limit\nInput:\n\nExpected"), prompt);
});

test("edits and whole programs are found", () => {
  /** @param {string} reply */
  const found = (reply) => golf().extract(reply, "a\nb").finding;
  assert.deepEqual(found("<<<<<<< SEARCH\nb\n=======\nc\n>>>>>>> REPLACE"), { tag: "changed", val: "a\nc" });
  assert.deepEqual(found("```python\nc\n```"), { tag: "changed", val: "c" });
  assert.deepEqual(found("```\na\nb\n\n```"), { tag: "identical" });
  assert.equal(found("no idea").tag, "no-solution");
  assert.equal(found("<<<<<<< SEARCH\nz\n=======\nc\n>>>>>>> REPLACE").tag, "edits-failed");
});

test("bad instances name the field", () => {
  /** @type {[string, RegExp][]} */
  const cases = [
    ["[]", /JSON object/],
    ['{"program": 1, "tests": [{"input": "", "output": ""}]}', /`program` must be a text/],
    ['{"program": "", "tests": []}', /`tests`/],
    ['{"program": "", "tests": [{"input": ""}]}', /`tests\[0\].output` is missing/],
  ];
  for (const [data, message] of cases) {
    assert.throws(
      () => Golf.metadata("x", new TextEncoder().encode(data)),
      (error) => error instanceof BadInstance && message.test(error.message),
    );
  }
});
