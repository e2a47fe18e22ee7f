/** Runs one probe in a separate process and decides its outcome like that of an attempt. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { text } from "node:stream/consumers";
import { factsFrom } from "../domain/attempt/attempt-facts.ts";
import { decideOutcome } from "../domain/attempt/decide-outcome.ts";
import { eventsFromRecord } from "../domain/events/events-from-record.ts";
import type { Outcome } from "../domain/attempt/outcome.ts";
import type { JournalRecord } from "../domain/events/record.ts";
import { objectOf } from "../domain/text/read-json.ts";
import { sweep } from "../processes/sweep.ts";
import type { RunnerBoot } from "../attempt-protocol/protocol.ts";
import { entryOf, environmentOf } from "./spawn-runner.ts";

/** An API that is silent for this long counts as not answering. */
const limitMs = 60_000;

export interface RunProbeOptions {
  readonly boot: RunnerBoot;
  /** null: Claude Code's default. */
  readonly model: string | null;
  /** Where its stderr goes (append). */
  readonly logFile: string;
  /** Ends the probe before its answer. */
  readonly signal: AbortSignal;
}

/** What a probe process wrote; null: nothing in time. */
type Output = { readonly text: string } | null;

/**
 * @returns its outcome. When the probe did not answer in time or could not start, the outcome's
 * kind says nothing about the account.
 */
export async function runProbe({ model, ...options }: RunProbeOptions): Promise<Outcome> {
  try {
    const output = await outputOf([model ?? ""], options);
    if (output === null) return { kind: "overloaded", message: `Claude's API did not answer within ${limitMs / 1000} s.` };
    return outcomeOf(output.text);
  } catch {
    return { kind: "crashed", message: "The probe could not be run." };
  }
}

/**
 * Asks Claude Code for the limits of the account, without a message to the model.
 * @returns its answer (domain/order/account-usage.ts reads it).
 */
export async function runUsage(options: Omit<RunProbeOptions, "model">): Promise<unknown> {
  try {
    const output = await outputOf(["", "usage"], options);
    const line = output?.text.trim().split("\n").at(-1) ?? "";
    return line === "" ? { problem: "it did not answer" } : objectOf(JSON.parse(line))["answer"];
  } catch {
    return { problem: "it could not be started" };
  }
}

async function outputOf(args: readonly string[], { boot, logFile, signal }: Omit<RunProbeOptions, "model">): Promise<Output> {
  const log = openSync(logFile, "a", 0o600);
  const deadline = AbortSignal.timeout(limitMs);
  try {
    const child = spawn(process.execPath, [entryOf("probe"), ...args], {
      cwd: "/",
      stdio: ["pipe", "pipe", log],
      env: environmentOf(boot),
      signal: AbortSignal.any([signal, deadline]),
      killSignal: "SIGKILL",
    });
    // The process may end before anything is written; its `close` event is what counts.
    for (const each of [child, child.stdin]) each?.on("error", () => {});
    const output = child.stdout === null ? "" : await text(child.stdout);
    return deadline.aborted ? null : { text: output };
  } finally {
    closeSync(log);
    await sweep(boot.runnerId);
  }
}

function outcomeOf(output: string): Outcome {
  const events = output.split("\n").flatMap((line, index) => {
    if (line === "") return [];
    const stamp = { _n: index + 1, _attempt: 0, _at: new Date(0).toISOString() };
    return eventsFromRecord({ ...(JSON.parse(line) as JournalRecord), ...stamp });
  });
  return decideOutcome(factsFrom(events, { stopRequested: null, rebooted: false }));
}
