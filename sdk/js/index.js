// What a JavaScript author needs to write a task for perfagent. The types, with what each thing is
// for, stand in index.d.ts.

export { Task, parseObject, worst } from "./task.js";
export { BadConfig, BadInstance, BadTemplate, ExecutionError, Failure, InternalError, Rejected, TaskError } from "./errors.js";
export { describeOutcome } from "./outcome.js";
export * as log from "./log.js";
export * as toolkit from "./toolkit.js";
