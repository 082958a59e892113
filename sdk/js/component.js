// Leads the host's calls to a task and the task's calls to the host. Works in a component only.

import { Program } from "perfagent:task/execution@0.1.0";
import { write } from "perfagent:task/log@0.1.0";
import * as hostToolkit from "perfagent:task/toolkit@0.1.0";
import { BadTemplate, Failure, Rejected, TaskError } from "./errors.js";
import { install } from "./host.js";

const encoder = new TextEncoder();

/** The error that an import gave; anything else is thrown on. */
function given(error) {
  if (error === null || typeof error !== "object" || !Object.hasOwn(error, "payload")) throw error;
  return error.payload;
}

const toolkitAndLog = {
  write,
  applyEdits: hostToolkit.applyEdits,
  codeBlocks: hostToolkit.codeBlocks,
  summarize: (values, trimRatio) => hostToolkit.summarize(Float64Array.from(values), trimRatio),
  comparePairs: (candidate, incumbent, confidence) =>
    hostToolkit.comparePairs(Float64Array.from(candidate), Float64Array.from(incumbent), confidence),
  renderTemplate(template, values) {
    const variables = Object.entries(values).map(([name, value]) => ({ name, value }));
    try {
      return hostToolkit.renderTemplate(template, variables);
    } catch (error) {
      throw new BadTemplate(given(error));
    }
  },
};

function failure({ kind, message, retryable }) {
  return new Failure(kind, message, retryable);
}

const big = (value) => (value === undefined ? undefined : BigInt(value));

function limitsFor(limits = {}) {
  const { memoryBytes, outputBytes, fileBytes, ...rest } = limits;
  return { ...rest, memoryBytes: big(memoryBytes), outputBytes: big(outputBytes), fileBytes: big(fileBytes) };
}

const bytes = (content) => (typeof content === "string" ? encoder.encode(content) : content);

function requestFor({ input, arguments: words = [], limits }) {
  return { input: bytes(input), arguments: words, limits: limitsFor(limits) };
}

const optionsFor = (options) => ({ maxParallel: undefined, details: [], ...options });

/** Numbers instead of big integers: they are exact up to 104 days and 9 petabytes. */
function reportOf(report) {
  const plain = (record) =>
    Object.fromEntries(
      Object.entries(record).map(([name, value]) => [name, typeof value === "bigint" ? Number(value) : value]),
    );
  return { ...plain(report), measurement: plain(report.measurement) };
}

class HostProgram {
  constructor(inner) {
    this.inner = inner;
  }

  run(requests, options) {
    try {
      return this.inner.run(requests.map(requestFor), optionsFor(options)).map(reportOf);
    } catch (error) {
      throw failure(given(error));
    }
  }

  compare(incumbent, requests, rounds, options) {
    try {
      const found = this.inner.compare(incumbent.inner, requests.map(requestFor), rounds, optionsFor(options));
      return found.map((round) => ({
        candidate: round.candidate.map(reportOf),
        incumbent: round.incumbent.map(reportOf),
      }));
    } catch (error) {
      throw failure(given(error));
    }
  }

  dispose() {
    this.inner[Symbol.dispose]();
  }
}

const execution = {
  compile({ language, source, files = [], limits, details = [] }) {
    const named = files.map(({ path, content }) => ({ path, content: bytes(content) }));
    try {
      return new HostProgram(Program.compile({ language, source, files: named, limits: limitsFor(limits), details }));
    } catch (error) {
      const { tag, val } = given(error);
      throw tag === "rejected" ? new Rejected(val.outcome, val.message) : failure(val);
    }
  },
};

/** Gives a task's result to the host, and what it throws as an error of the interface. */
function reported(call) {
  try {
    return call();
  } catch (error) {
    if (error instanceof TaskError) {
      if (error.cause !== undefined) write("debug", String(error.cause));
      throw { tag: error.tag, val: error.message };
    }
    write("error", `${error}\n${error?.stack ?? ""}`);
    throw { tag: "internal", val: String(error) };
  }
}

const descriptionDefaults = {
  version: "0.1.0",
  summary: "",
  languages: [],
  configSchema: '{"type":"object","additionalProperties":false}',
  systemTemplate: "",
  systemVariables: [],
  optimizationTemplate: "",
  optimizationVariables: [],
  details: [],
};

/** The exports of a component of `Tasks`. */
export function exportsOf(Tasks) {
  install(toolkitAndLog);

  class Instance {
    constructor(task) {
      this.task = task;
    }

    static load(name, data, config) {
      return reported(() => new Instance(Tasks.load(name, data, JSON.parse(config || "{}"))));
    }

    summary() {
      return { details: [], ...this.task.summary() };
    }

    initialSolution() {
      return reported(() => ({ judged: true, ...this.task.initialSolution() }));
    }

    systemPrompt(context) {
      return reported(() => this.task.systemPrompt(context));
    }

    optimizationPrompt(context, attempt) {
      return reported(() => this.task.optimizationPrompt(context, attempt));
    }

    extract(reply, current) {
      return reported(() => ({ verdicts: [], ...this.task.extract(reply, current) }));
    }

    evaluate(candidate, incumbent) {
      return reported(() => {
        const evaluation = this.task.evaluate(execution, candidate, incumbent);
        const samples = Float64Array.from(evaluation.samples ?? []);
        return { artifacts: "{}", details: [], ...evaluation, samples };
      });
    }
  }

  return {
    Instance,
    describe: () => ({ ...descriptionDefaults, ...Tasks.describe() }),
    metadata: (name, data) => reported(() => Tasks.metadata(name, data)),
  };
}
