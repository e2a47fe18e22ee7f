/** Fells processes of a world while something is done in it. */
import { execFileSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import type { FailpointName } from "../../../src/processes/failpoint.ts";
import { listProcesses, markedProcesses, markersInUse } from "../../../src/processes/process-table.ts";
import { markerName } from "../../../src/processes/sweep.ts";
import type { World } from "../world.ts";

/**
 * `power`: the server, the runners and every git at once. `git`: one process of git alone.
 * `place`: whoever passes a named place of the code.
 */
export type Felling =
  | { readonly how: "server" | "power" | "git" | "runner"; readonly afterMs: number; readonly pick: number }
  | { readonly how: "place"; readonly place: FailpointName };

/** How long somebody is waited for. */
const victimMs = 1500;

/**
 * Fells somebody while `deed` runs, and waits for its end.
 * @returns what was felled; null: there was nobody.
 */
export async function fellDuring(world: World, felling: Felling, deed: () => Promise<void>): Promise<string | null> {
  if (felling.how === "place") {
    world.arm(felling.place);
    await deed();
    return world.disarm(felling.place) === null ? null : `at ${felling.place}`;
  }
  const over = new AbortController();
  const done = deed().finally(() => over.abort());
  const fell = async (): Promise<string | null> => {
    await delay(felling.afterMs); // The plan of the seed.
    for (const until = performance.now() + victimMs; performance.now() < until && !over.signal.aborted;) {
      if (await fellOne(world, felling)) return felling.how;
      if (felling.how !== "git" && felling.how !== "runner") return null;
      await delay(2); // The next look for a victim.
    }
    return null;
  };
  const [felled] = await Promise.all([fell(), done]);
  return felled;
}

async function fellOne(world: World, { how, pick }: Exclude<Felling, { how: "place" }>): Promise<boolean> {
  const server = world.serverPid;
  if (how === "git" || how === "runner") {
    const pids = how === "git" ? gitsOf(world) : await runnersOf(world);
    const pid = pids[Math.floor(pick * pids.length)];
    return pid !== undefined && kill(pid);
  }
  if (server === null) return false;
  world.expectDeath(server);
  const others = how === "power" ? [...gitsOf(world), ...(await runnersOf(world))] : [];
  const killed = kill(server);
  // What a git started after the list was made is found by the second look.
  for (const pid of others) kill(pid);
  if (how === "power") for (const pid of [...gitsOf(world), ...(await runnersOf(world))]) kill(pid);
  await world.gone(server);
  return killed;
}

/** The processes of git that work in the world. */
export function gitsOf({ place }: World): number[] {
  const rows = execFileSync("ps", ["-eo", "pid=,args="], { encoding: "utf8", maxBuffer: 1e8 }).split("\n");
  return rows.flatMap((row) => {
    const [, pid, args = ""] = /^ *(\d+) (.*)$/.exec(row) ?? [];
    return /^(\S*\/)?git /.test(args) && args.includes(place.directory) ? [Number(pid)] : [];
  });
}

async function runnersOf(world: World): Promise<number[]> {
  const rows = await listProcesses();
  const markers = [...(await markersInUse(markerName))].filter((id) => id.startsWith(world.idPrefix));
  const found = await Promise.all(markers.map((id) => markedProcesses(rows, markerName, id)));
  return found.flat().map(({ pid }) => pid);
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false; // It has just ended.
  }
}
