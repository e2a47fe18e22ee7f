/**
 * Checks schemas that come from outside in a thread of their own, so that the server answers
 * meanwhile. One at a time, each with a limit of time and memory.
 */
import { Worker } from "node:worker_threads";
import type { JsonObject } from "../domain/text/read-json.ts";

const limitMs = 5_000;
/** The start of the thread on a busy machine counts, too. */
const threadLimitMs = 30_000;
const maxMegabytes = 128;
/** So many good verdicts are kept: the tasks of a batch often have one schema. */
const mostKept = 100;

const verdicts = new Map<string, Promise<string | null>>();
let last: Promise<unknown> = Promise.resolve();

/** Why the schema cannot be used, as the end of a sentence; null: it can. */
export function checkSchema(schema: JsonObject): Promise<string | null> {
  const key = JSON.stringify(schema);
  const known = verdicts.get(key);
  if (known !== undefined) return known;
  const verdict = last.then(() => inThread(schema));
  last = verdict.catch(() => {});
  verdicts.set(key, verdict);
  // A verdict of a busy machine may be another one later.
  verdict.then(
    (problem) => problem !== null && verdicts.delete(key),
    () => verdicts.delete(key),
  );
  const [oldest] = verdicts.keys();
  if (verdicts.size > mostKept && oldest !== undefined) verdicts.delete(oldest);
  return verdict;
}

/** @throws an error when the thread could not do its work. */
function inThread(schema: JsonObject): Promise<string | null> {
  // Beside this file, in the source as .ts and in the build as .js.
  const script = new URL(import.meta.url.endsWith(".ts") ? "./check-thread.ts" : "./check-thread.js", import.meta.url);
  const thread = new Worker(script, { workerData: { schema, limitMs }, env: {}, resourceLimits: { maxOldGenerationSizeMb: maxMegabytes } });
  const verdict = new Promise<string | null>((resolve, reject) => {
    const timer = setTimeout(() => resolve("it takes too long to be checked"), threadLimitMs);
    thread.once("message", resolve);
    thread.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ERR_WORKER_OUT_OF_MEMORY") resolve("it is too large to be checked");
      else reject(error);
    });
    thread.once("exit", () => clearTimeout(timer));
  });
  return verdict.finally(() => void thread.terminate());
}
