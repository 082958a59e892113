/**
 * What a JavaScript author needs to write a task for perfagent. A task extends {@link Task}; the module
 * that is made a component exports it as its default. `perfagent plugin build` makes the component; the
 * task's logic is tested natively, with `perfagent-task/testing`.
 *
 * Units stand in the names. Fields marked `?` have defaults.
 */

export type Direction = "minimize" | "maximize";
/** What runs are for: only results count, or measurements count too. */
export type Policy = "check" | "measure";
export type FailureKind = "unavailable" | "refused" | "exhausted" | "internal";
export type EditStatus = "applied" | "applied-reindented" | "not-found" | "ambiguous" | "malformed";

/** A named value where later versions need more than the records hold today. */
export interface Detail {
  name: string;
  value: string;
}

/** Upper bounds of one run; an absent one is the host's default. */
export interface Limits {
  wallMs?: number;
  cpuMs?: number;
  memoryBytes?: number;
  processes?: number;
  outputBytes?: number;
  fileBytes?: number;
}

/** A file beside the program; `path` is relative, with `/` between its parts. */
export interface File {
  path: string;
  content: string | Uint8Array;
}

/** A program in one of the languages that the task declares. */
export interface CompileRequest {
  language: string;
  source: string;
  files?: File[];
  limits?: Limits;
  details?: Detail[];
}

/** One run: what stands on standard input, arguments, bounds. */
export interface RunRequest {
  input: string | Uint8Array;
  arguments?: string[];
  limits?: Limits;
}

export interface RunOptions {
  policy: Policy;
  maxParallel?: number;
  details?: Detail[];
}

/** How a run ended; {@link describeOutcome} puts it in words. */
export type Outcome =
  | { tag: "exited"; val: number }
  | { tag: "signaled"; val: number }
  | { tag: "wall-limit" | "cpu-limit" | "memory-limit" | "output-limit" | "file-limit" }
  | { tag: "forbidden" | "other"; val: string };

/** What the processes of a run used; absent where the machine cannot tell. */
export interface Measurement {
  wallNs: number;
  userNs: number;
  systemNs: number;
  peakResidentBytes: number;
  peakChargedBytes?: number;
  memoryByteSeconds: number;
  instructions?: number;
  details: Detail[];
}

export interface RunReport {
  outcome: Outcome;
  output: Uint8Array;
  outputDroppedBytes: number;
  errorOutput: Uint8Array;
  errorDroppedBytes: number;
  measurement: Measurement;
}

/** One round of a comparison: a report for each request, in the order of the requests. */
export interface Round {
  candidate: RunReport[];
  incumbent: RunReport[];
}

/** A compiled program. */
export interface Program {
  /** Runs the program once for each request; throws {@link Failure} when the host could not run it. */
  run(requests: RunRequest[], options: RunOptions): RunReport[];
  /** Runs this program and `incumbent` on the same requests, `rounds` times, interleaved and measured. */
  compare(incumbent: Program, requests: RunRequest[], rounds: number, options: RunOptions): Round[];
  /** Frees what the host keeps for it; call it in a `finally`. */
  dispose(): void;
}

/** Compiles programs: in a component the host's sandbox, in native tests a script. */
export interface Execution {
  /** Throws {@link Rejected} when the compiler refuses the program, {@link Failure} when the host failed. */
  compile(request: CompileRequest): Program;
}

/** What holds for every instance of a task. `configSchema` is a JSON Schema (2020-12). */
export interface Description {
  /** Lower case letters, digits and `-`. */
  name: string;
  version?: string;
  summary?: string;
  metric: string;
  direction: Direction;
  languages?: string[];
  configSchema?: string;
  systemTemplate?: string;
  systemVariables?: string[];
  optimizationTemplate?: string;
  optimizationVariables?: string[];
  details?: Detail[];
}

export interface TaskMetadata {
  id: string;
  problem: string;
}

/** What holds for one instance under its configuration. `extension` has no dot. */
export interface InstanceSummary {
  extension: string;
  language?: string;
  target?: string;
  unit?: string;
  details?: Detail[];
}

/** What the user adds to the prompts. Without a template the task's own is used. */
export interface PromptContext {
  systemTemplate?: string;
  optimizationTemplate?: string;
  additionalRequirements: string;
  localMemory: string;
  globalMemory: string;
  details: Detail[];
}

/** Where the loop starts; not `judged` where it is a mere placeholder. */
export interface InitialSolution {
  code: string;
  judged?: boolean;
}

/** A quotient of two measured quantities with its confidence interval. */
export interface Ratio {
  estimate: number;
  low: number;
  high: number;
  confidence: number;
}

/** What a solution is worth. `artifacts` is a JSON object, `summary` one line for people. */
export interface Evaluation {
  metric: number;
  success: boolean;
  summary: string;
  artifacts?: string;
  samples?: ArrayLike<number>;
  ratio?: Ratio;
  details?: Detail[];
}

/** The solution that the next prompt starts from. */
export interface Attempt {
  solution: string;
  evaluation?: Evaluation;
  /** What the last reply led to, for the model. */
  notes: string[];
}

/** What a reply holds: a changed solution, or why there is none. */
export type Finding =
  | { tag: "changed" | "no-solution" | "edits-failed" | "other"; val: string }
  | { tag: "identical" };

/** What became of one SEARCH/REPLACE block; lines are counted from 1. */
export interface EditVerdict {
  status: EditStatus;
  message: string;
  lines: ArrayLike<number>;
}

export interface Extraction {
  finding: Finding;
  verdicts?: EditVerdict[];
}

/** A task's class: what it must have beside the methods of its instances. */
export interface TaskClass<T extends Task = Task> {
  /** What holds for every instance. Cheap: it is called often. */
  describe(): Description;
  /** Reads only what names an instance; `name` is the stem of its file. Throws {@link BadInstance}. */
  metadata(name: string, data: Uint8Array): TaskMetadata;
  /** Reads and checks an instance under a configuration that fits the schema. Throws {@link BadInstance} or {@link BadConfig}. */
  load(name: string, data: Uint8Array, config: Record<string, unknown>): T;
}

/**
 * One instance of a task under its configuration. The host calls its methods one after another and keeps
 * it for a whole run. Prompts and extraction must depend on nothing but the instance and their arguments.
 */
export abstract class Task {
  abstract summary(): InstanceSummary;
  abstract initialSolution(): InitialSolution;
  /** Values of the description's `systemVariables`, by name. */
  abstract systemValues(context: PromptContext): Record<string, string>;
  /** Values of the description's `optimizationVariables`, by name. */
  abstract optimizationValues(context: PromptContext, attempt: Attempt): Record<string, string>;
  /** Fills the user's system template or the task's own. */
  systemPrompt(context: PromptContext): string;
  /** Fills the user's optimisation template or the task's own. */
  optimizationPrompt(context: PromptContext, attempt: Attempt): string;
  /** Finds the solution in a model's reply; `current` is what its edits apply to. */
  abstract extract(reply: string, current: string): Extraction;
  /** Judges `candidate`, and measures it against `incumbent` where there is one. */
  abstract evaluate(execution: Execution, candidate: string, incumbent?: string): Evaluation;
}

/** A message for people. What a task throws otherwise reaches the host as an internal error. */
export class TaskError extends Error {
  readonly tag: string;
}
/** The instance's bytes are not what the task reads; name the field. */
export class BadInstance extends TaskError {}
/** The task's configuration is wrong; name the key. */
export class BadConfig extends TaskError {}
/** A template is wrong; name the placeholder and list the known ones. */
export class BadTemplate extends TaskError {}
/** The execution service could not do its part. */
export class ExecutionError extends TaskError {}
/** The task itself failed. */
export class InternalError extends TaskError {}
/** The compiler did not accept a program. */
export class Rejected extends Error {
  constructor(outcome: Outcome, message: string);
  readonly outcome: Outcome;
}
/** The host could not do what was asked; this says nothing about the program. */
export class Failure extends ExecutionError {
  constructor(kind: FailureKind, message: string, retryable?: boolean);
  readonly kind: FailureKind;
  readonly retryable: boolean;
}

/** The value that every valid solution beats. */
export function worst(direction: Direction): number;
/** How a run ended, in words: `exit code 1`, `time limit`. */
export function describeOutcome(outcome: Outcome): string;
/** Reads a JSON object strictly: UTF-8, no half of a surrogate pair. Throws {@link BadInstance}. */
export function parseObject(data: Uint8Array): Record<string, unknown>;

/** The task's log. The host bounds it; in native tests it goes to standard error. */
export namespace log {
  function debug(message: string): void;
  function info(message: string): void;
  function warning(message: string): void;
  function error(message: string): void;
}

/**
 * Helpers that most tasks need. In a component they are the host's. In native tests stand-ins answer that
 * know the plain cases only: edit blocks whose text occurs exactly once, fences of backticks, templates; no
 * statistics.
 */
export namespace toolkit {
  interface EditResult {
    program: string;
    verdicts: EditVerdict[];
  }
  interface CodeBlock {
    /** First word of the info string, in lower case. */
    language: string;
    code: string;
  }
  interface SampleSummary {
    originalCount: number;
    count: number;
    mean: number;
    deviation: number;
    min: number;
    max: number;
    interval: [number, number];
    trimmedMean: number;
  }
  /** Applies every SEARCH/REPLACE block; no verdicts: the reply holds none. */
  function applyEdits(program: string, reply: string): EditResult;
  function codeBlocks(text: string): CodeBlock[];
  /** The last block in one of `languages` (lower case), else the last block of any. */
  function lastCodeBlock(text: string, languages: string[]): CodeBlock | undefined;
  /** Replaces `{name}`; `{{` and `}}` are literal braces. Throws {@link BadTemplate}. */
  function renderTemplate(template: string, values: Record<string, string>): string;
  function summarize(values: ArrayLike<number>, trimRatio?: number): SampleSummary | undefined;
  function comparePairs(candidate: ArrayLike<number>, incumbent: ArrayLike<number>, confidence: number): Ratio | undefined;
  /** Shortens a text by cutting its middle out, marked. */
  function cutMiddle(text: string, maxChars: number): string;
  /** The notes on the last reply as a list with a heading, bounded. */
  function listedNotes(notes: string[]): string | undefined;
}
