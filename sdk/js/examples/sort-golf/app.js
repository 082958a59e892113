// A task: make a program sort its input using fewer bytes of source.
//
// Read this file from top to bottom: what the task is, what it asks, what it finds in a reply, and what
// it thinks of a program. `perfagent plugin build` makes the component.

import { BadInstance, describeOutcome, parseObject, Rejected, Task, toolkit, worst } from "perfagent-task";

/** @import {Attempt, Description, Evaluation, Execution, Extraction, Finding, InitialSolution} from "perfagent-task" */
/** @import {InstanceSummary, PromptContext, RunReport, TaskMetadata} from "perfagent-task" */

/** @typedef {{input: string, output: string}} Test an input and all that a right program prints for it */
/** @typedef {{id: string, problem: string, program: string, tests: Test[]}} Instance */

const SYSTEM_TEMPLATE = `\
You shorten programs. A program is better the fewer bytes its source has, as long as it passes every test. \
Tests are hidden: they give the program an input and compare all of its output.

{problem}

The program is written in {language}. Reply either with SEARCH/REPLACE blocks that change the current \
program or with the whole new program in one fenced code block.
{additions}
`;

const OPTIMIZATION_TEMPLATE = `\
The current program has {bytes} bytes.

\`\`\`{language}
{program}
\`\`\`

{verdict}
{notes}
Make it shorter.
`;

const CONFIG_SCHEMA = `\
{
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "language": {
      "description": "language of the programs",
      "enum": ["python3", "javascript", "ruby"],
      "default": "python3"
    }
  }
}
`;

// What stands in an instance that says nothing of its problem.
const PROBLEM = "The program sorts the lines of its input.";
// Elapsed time of one test.
const TIME_LIMIT_MS = 10_000;
// Characters shown of what a program read or wrote.
const SHOWN_CHARS = 300;
/** @type {Record<string, string>} */
const EXTENSIONS = { python3: "py", javascript: "js", ruby: "rb" };

/**
 * Reads an instance: JSON with `program` and `tests`, and perhaps `id` and `problem`.
 * @param {string} name
 * @param {Uint8Array} data
 * @returns {Instance}
 */
function readInstance(name, data) {
  const fields = parseObject(data);
  const tests = fields.tests;
  if (!Array.isArray(tests) || tests.length === 0) {
    throw new BadInstance("`tests` must be a list with at least one test");
  }
  return {
    id: text(fields, "id", "id", name),
    problem: text(fields, "problem", "problem", PROBLEM),
    program: withoutFinalNewlines(text(fields, "program", "program")),
    tests: tests.map(readTest),
  };
}

/**
 * @param {any} test
 * @param {number} index
 * @returns {Test}
 */
function readTest(test, index) {
  if (typeof test !== "object" || test === null || Array.isArray(test)) {
    throw new BadInstance(`\`tests[${index}]\` must be an object`);
  }
  return { input: text(test, "input", `tests[${index}].input`), output: text(test, "output", `tests[${index}].output`) };
}

/**
 * A text that may be missing where there is a default; `path` names it in errors.
 * @param {Record<string, unknown>} fields
 * @param {string} key
 * @param {string} path
 * @param {string} [absent]
 */
function text(fields, key, path, absent) {
  const value = Object.hasOwn(fields, key) ? fields[key] : absent;
  if (value === undefined) throw new BadInstance(`\`${path}\` is missing`);
  if (typeof value !== "string") throw new BadInstance(`\`${path}\` must be a text`);
  return value;
}

/** One instance in one language. */
export default class Golf extends Task {
  /**
   * @param {Instance} instance
   * @param {string} language
   */
  constructor(instance, language) {
    super();
    this.instance = instance;
    this.language = language;
  }

  /** @returns {Description} */
  static describe() {
    return {
      name: "sort-golf",
      version: "0.1.0",
      summary: "make a program sort its input using fewer bytes of source",
      metric: "source size",
      direction: "minimize",
      languages: Object.keys(EXTENSIONS),
      configSchema: CONFIG_SCHEMA,
      systemTemplate: SYSTEM_TEMPLATE,
      systemVariables: ["problem", "language", "additions"],
      optimizationTemplate: OPTIMIZATION_TEMPLATE,
      optimizationVariables: ["language", "program", "bytes", "verdict", "notes"],
    };
  }

  /**
   * @param {string} name
   * @param {Uint8Array} data
   * @returns {TaskMetadata}
   */
  static metadata(name, data) {
    const { id, problem } = readInstance(name, data);
    return { id, problem };
  }

  /**
   * @param {string} name
   * @param {Uint8Array} data
   * @param {{language?: string}} config
   */
  static load(name, data, config) {
    return new Golf(readInstance(name, data), config.language ?? "python3");
  }

  /** @returns {InstanceSummary} */
  summary() {
    return { extension: EXTENSIONS[this.language], language: this.language, unit: "bytes" };
  }

  /** @returns {InitialSolution} */
  initialSolution() {
    return { code: this.instance.program };
  }

  /** @param {PromptContext} context */
  systemValues(context) {
    const given = [context.additionalRequirements, context.localMemory, context.globalMemory];
    const additions = given.map((addition) => addition.trim()).filter((addition) => addition !== "");
    return {
      problem: this.instance.problem,
      language: this.language,
      additions: additions.map((addition) => `\n${addition}\n`).join(""),
    };
  }

  /**
   * @param {PromptContext} _context
   * @param {Attempt} attempt
   */
  optimizationValues(_context, attempt) {
    const program = withoutFinalNewlines(attempt.solution);
    const notes = toolkit.listedNotes(attempt.notes);
    return {
      language: this.language,
      program,
      bytes: String(size(program)),
      verdict: verdict(attempt.evaluation),
      notes: notes === undefined ? "" : `\n${notes}\n`,
    };
  }

  /**
   * @param {string} reply
   * @param {string} current
   * @returns {Extraction}
   */
  extract(reply, current) {
    const { program, verdicts } = toolkit.applyEdits(current, reply);
    if (verdicts.length === 0) {
      const names = [this.language, this.language.replace(/3$/, ""), EXTENSIONS[this.language]];
      const block = toolkit.lastCodeBlock(reply, names);
      if (block === undefined || /^[ \t\r\n\f]*$/.test(block.code)) {
        return { finding: { tag: "no-solution", val: "neither edit blocks nor a program in a fenced block" } };
      }
      return { finding: compared(block.code, current) };
    }
    if (verdicts.some(({ status }) => status === "applied" || status === "applied-reindented")) {
      return { finding: compared(program, current), verdicts };
    }
    const val = `none of ${verdicts.length} edit blocks could be applied`;
    return { finding: { tag: "edits-failed", val }, verdicts };
  }

  /**
   * @param {Execution} execution
   * @param {string} candidate
   * @returns {Evaluation}
   */
  evaluate(execution, candidate) {
    const { tests } = this.instance;
    let program;
    try {
      program = execution.compile({ language: this.language, source: candidate });
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      return invalid("it does not compile", shown(error.message), tests.length, 0);
    }
    let reports;
    try {
      const limits = { wallMs: TIME_LIMIT_MS };
      reports = program.run(tests.map(({ input }) => ({ input, limits })), { policy: "check" });
    } finally {
      program.dispose();
    }
    const faults = tests.map((test, index) => fault(test, reports[index]));
    const passed = faults.filter((found) => found === undefined).length;
    const first = faults.findIndex((found) => found !== undefined);
    if (first >= 0) {
      const title = `test ${first + 1} of ${tests.length}: ${faults[first]}`;
      return invalid(title, details(tests[first], reports[first]), tests.length, passed);
    }
    const bytes = size(withoutFinalNewlines(candidate));
    return {
      metric: bytes,
      success: true,
      summary: `${bytes} bytes, all ${passed} tests passed`,
      artifacts: JSON.stringify({ bytes, failure: null, passed, tests: tests.length }),
    };
  }
}

/**
 * Newlines at the end need no bytes and make no difference.
 * @param {string} program
 * @param {string} current
 * @returns {Finding}
 */
function compared(program, current) {
  const val = withoutFinalNewlines(program);
  return val === withoutFinalNewlines(current) ? { tag: "identical" } : { tag: "changed", val };
}

/**
 * What is wrong with a run, if anything is.
 * @param {Test} test
 * @param {RunReport} report
 */
function fault(test, report) {
  if (report.outcome.tag !== "exited" || report.outcome.val !== 0) return describeOutcome(report.outcome);
  const isRight = withoutFinalNewlines(decoded(report.output)) === withoutFinalNewlines(test.output);
  return isRight ? undefined : "wrong output";
}

/**
 * A failing run, for the model.
 * @param {Test} test
 * @param {RunReport} report
 */
function details(test, report) {
  return `Input:
${shown(test.input)}
Expected output:
${shown(test.output)}
Output:
${shown(decoded(report.output))}
Standard error:
${shown(decoded(report.errorOutput))}`;
}

/**
 * What a program wrote, which may not be UTF-8.
 * @param {Uint8Array} output
 */
function decoded(output) {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(output);
}

/**
 * The beginning of a text.
 * @param {string} text
 */
function shown(text) {
  const characters = Array.from(withoutFinalNewlines(text));
  const isShort = characters.length <= SHOWN_CHARS;
  return isShort ? characters.join("") : `${characters.slice(0, SHOWN_CHARS).join("")}…`;
}

/**
 * @param {string} text
 */
function withoutFinalNewlines(text) {
  let end = text.length;
  while (text[end - 1] === "\n") end -= 1;
  return text.slice(0, end);
}

/**
 * Bytes of a text in UTF-8.
 * @param {string} text
 */
function size(text) {
  return new TextEncoder().encode(text).length;
}

/**
 * The evaluation of a program that is not right.
 * @param {string} title
 * @param {string} details
 * @param {number} tests
 * @param {number} passed
 * @returns {Evaluation}
 */
function invalid(title, details, tests, passed) {
  const artifacts = JSON.stringify({ bytes: null, failure: `${title}\n${details}`, passed, tests });
  return { metric: worst("minimize"), success: false, summary: title, artifacts };
}

/**
 * What the next prompt says of the current program.
 * @param {Evaluation} [evaluation]
 */
function verdict(evaluation) {
  if (evaluation === undefined) return "It was not tested.";
  const { failure } = JSON.parse(evaluation.artifacts ?? "{}");
  return failure == null ? "It passes all tests." : `It is not right yet. ${failure}`;
}
