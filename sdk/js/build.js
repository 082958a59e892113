#!/usr/bin/env node
// Makes a component of a task: perfagent-task-build APP OUTPUT, with the working directory in the project.

import { mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Loads a tool that the project installed: this package may lie elsewhere. */
async function tool(name) {
  const paths = createRequire(join(process.cwd(), "package.json")).resolve.paths(name) ?? [];
  for (const folder of paths) {
    const home = join(folder, name);
    let manifest;
    try {
      manifest = JSON.parse(await readFile(join(home, "package.json"), "utf8"));
    } catch {
      continue;
    }
    const entry = manifest.exports?.import ?? manifest.main;
    return import(pathToFileURL(join(home, entry)).href);
  }
  console.error(`${name} is not installed here: run \`npm install\` in ${process.cwd()}`);
  process.exit(1);
}

const [app, output] = process.argv.slice(2);
if (output === undefined) {
  console.error("usage: perfagent-task-build APP.js OUTPUT.wasm");
  process.exit(2);
}
const esbuild = await tool("esbuild");
const { componentize } = await tool("@bytecodealliance/componentize-js");
const folder = await mkdtemp(join(tmpdir(), "perfagent-task-"));
try {
  const entry = `import Tasks from ${JSON.stringify(resolve(app))};
import { exportsOf } from ${JSON.stringify(join(here, "component.js"))};
export const runner = exportsOf(Tasks);`;
  const sourcePath = join(folder, "component.js");
  await (esbuild.default ?? esbuild).build({
    stdin: { contents: entry, resolveDir: process.cwd() },
    bundle: true,
    format: "esm",
    target: "es2024",
    external: ["perfagent:task/*"],
    outfile: sourcePath,
    logLevel: "error",
  });
  const disableFeatures = ["stdio", "random", "clocks", "http", "fetch-event"];
  // Resolved, for it is a link in a checkout, which the tool cannot follow.
  const witPath = await realpath(join(here, "wit"));
  const { component } = await componentize({ sourcePath, witPath, worldName: "task", disableFeatures });
  await writeFile(output, component);
} finally {
  await rm(folder, { recursive: true });
}
