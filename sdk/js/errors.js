// What a task throws, and what the execution service throws. `tag` is the case of the interface.

export class TaskError extends Error {
  tag = "other";

  constructor(message, options) {
    super(message, options);
    this.name = new.target.name;
  }
}

export class BadInstance extends TaskError {
  tag = "bad-instance";
}

export class BadConfig extends TaskError {
  tag = "bad-config";
}

export class BadTemplate extends TaskError {
  tag = "bad-template";
}

export class ExecutionError extends TaskError {
  tag = "execution";
}

export class InternalError extends TaskError {
  tag = "internal";
}

export class Rejected extends Error {
  constructor(outcome, message) {
    super(message);
    this.name = "Rejected";
    this.outcome = outcome;
  }
}

export class Failure extends ExecutionError {
  constructor(kind, message, retryable = false) {
    super(message + (retryable ? " (trying again may help)" : ""));
    this.kind = kind;
    this.retryable = retryable;
  }
}
