// Helpers that most tasks need. In a component they are the host's, the same as in Rust.

import { host } from "./host.js";

export const applyEdits = (program, reply) => host().applyEdits(program, reply);
export const codeBlocks = (text) => host().codeBlocks(text);
export const renderTemplate = (template, values) => host().renderTemplate(template, values);
export const summarize = (values, trimRatio = 0) => host().summarize(values, trimRatio);
export const comparePairs = (candidate, incumbent, confidence) => host().comparePairs(candidate, incumbent, confidence);

export function lastCodeBlock(text, languages) {
  const blocks = codeBlocks(text);
  return blocks.findLast((block) => languages.includes(block.language)) ?? blocks.at(-1);
}

export function cutMiddle(text, maxChars) {
  const characters = Array.from(text);
  const total = characters.length;
  if (total <= maxChars) return text;
  const mark = (missing) => `…[${missing} characters cut]…`;
  for (let kept = maxChars - 1; kept >= 0; kept -= 1) {
    if (kept + mark(total - kept).length <= maxChars) {
      const tail = Math.ceil(kept / 2);
      const [head, end] = [characters.slice(0, kept - tail), characters.slice(total - tail)];
      return head.join("") + mark(total - kept) + end.join("");
    }
  }
  return characters.slice(0, Math.max(maxChars - 1, 0)).join("") + (maxChars > 0 ? "…" : "");
}

export function listedNotes(notes) {
  if (notes.length === 0) return undefined;
  const lines = notes.map((note) => `- ${note.trim().replaceAll("\n", "\n  ")}`);
  return `Of your last reply:\n${cutMiddle(lines.join("\n"), 4000)}`;
}
