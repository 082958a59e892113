// How a run ended, in words.

const WORDS = {
  "wall-limit": "time limit",
  "cpu-limit": "processor time limit",
  "memory-limit": "memory limit",
  "output-limit": "output limit",
  "file-limit": "file size limit",
};

export function describeOutcome(outcome) {
  switch (outcome.tag) {
    case "exited":
      return `exit code ${outcome.val}`;
    case "signaled":
      return `signal ${outcome.val}`;
    case "forbidden":
      return `forbidden: ${outcome.val}`;
    case "other":
      return outcome.val;
    default:
      return WORDS[outcome.tag];
  }
}
