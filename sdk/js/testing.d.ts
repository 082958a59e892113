/** What a task's native tests need. */

import type { CompileRequest, Description, Evaluation, Execution, Outcome, Program, RunReport, RunRequest, Task } from "./index.js";

/** The report of a run; it used nothing. */
export function report(outcome: Outcome, output?: string, errorOutput?: string): RunReport;

/**
 * An execution service that does what a test says, and keeps what it was asked: `run` makes the report of
 * each run, `check` may throw what compiling throws.
 */
export class Script implements Execution {
  constructor(run: (program: CompileRequest, request: RunRequest) => RunReport, check?: (program: CompileRequest) => void);
  readonly compiled: CompileRequest[];
  readonly runs: RunRequest[][];
  compile(request: CompileRequest): Program;
}

/** Evaluates as the host does, and holds the evaluation to what the host demands. */
export function evaluate(task: Task, script: Script, candidate: string, incumbent?: string): Evaluation;

/** Holds a description to what the host demands. */
export function checkDescription(description: Description): void;
