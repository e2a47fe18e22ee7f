/** Runs as the thread of check-schema.ts: checks one schema and reports. */
import { parentPort, workerData } from "node:worker_threads";
import type { JsonObject } from "../domain/text/read-json.ts";
import { schemaProblem } from "./fits.ts";

const { schema, limitMs } = workerData as { schema: JsonObject; limitMs: number };
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage(schemaProblem(schema, limitMs));
