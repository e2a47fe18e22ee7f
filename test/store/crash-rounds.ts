/**
 * Kills a submitting process again and again and counts what was acknowledged and is not there.
 * Used by the test and by the bench.
 */
import { spawn } from "node:child_process";
import path from "node:path";
import { openStore } from "../../src/store/sqlite/sqlite.ts";
import { bundled } from "../../testing/bundled.ts";

export interface CrashReport {
  readonly kills: number;
  readonly acknowledged: number;
  /** Numbers of acknowledged tasks that were lost. */
  readonly lost: readonly number[];
  /** What the check of the database says at the end. */
  readonly problems: readonly string[];
}

/**
 * @param directory an empty one. @param kills how many processes are killed, one after the other,
 * each while it submits.
 * @param seed decides when they are killed: printed by a failing test, it repeats the run as far as
 * the machine allows.
 */
export async function killWhileSubmitting(directory: string, kills: number, seed: number): Promise<CrashReport> {
  const database = path.join(directory, "tasks.db");
  const script = await bundled(new URL("submitter.ts", import.meta.url), directory);
  const random = randomFrom(seed);
  const lost: number[] = [];
  let acknowledged = 0;
  for (let round = 1; round <= kills; round++) {
    const ids = await submitUntilKilled(script, { database, round }, 1 + Math.floor(random() * 120));
    const store = openStore({ path: database });
    lost.push(...ids.filter((id) => store.tasks.get(id)?.prompt !== `Round ${round}` || store.tasks.get(id)?.lastSeq !== 1));
    acknowledged += ids.length;
    if (round === kills) {
      const problems = await store.check();
      await store.close();
      return { kills, acknowledged, lost, problems };
    }
    await store.close();
  }
  throw new Error("There must be at least one kill.");
}

/**
 * The numbers that were acknowledged before the end. @param enough how many are seen before the
 * kill is sent.
 */
async function submitUntilKilled(script: string, input: object, enough: number): Promise<number[]> {
  const child = spawn(process.execPath, [script, JSON.stringify(input)], { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    printed += chunk as string;
    if (printed.split("\n").length > enough) child.kill("SIGKILL");
  }
  if (child.signalCode !== "SIGKILL" && child.exitCode !== null) throw new Error(`The submitter ended by itself with ${child.exitCode}.`);
  // The last line may be cut by the kill: it counts only when it is whole.
  return printed.split("\n").slice(0, -1).map(Number);
}

/** mulberry32: small, seeded, good enough to choose moments. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
