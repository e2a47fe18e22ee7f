/**
 * Plays worlds of deeds under kills until enough have fallen, and checks each world after each
 * kill. A seed gives the same deeds and kills; which line of code a kill meets differs.
 */
import { markersInUse } from "../../../src/processes/process-table.ts";
import { markerName, sweep } from "../../../src/processes/sweep.ts";
import type { FailpointName } from "../../../src/processes/failpoint.ts";
import { randomFrom } from "../plan.ts";
import { World } from "../world.ts";
import { checkWorld } from "./check.ts";
import { Deeds } from "./deeds.ts";
import type { DeedName } from "./deeds.ts";
import { fellDuring } from "./fell.ts";
import type { Felling } from "./fell.ts";

export interface KillOptions {
  readonly seed: number;
  /** Kills that must fall. */
  readonly kills: number;
  readonly killsPerWorld: number;
  /** Told of each world. */
  readonly say: (line: string) => void;
}

export interface KillTally {
  kills: number;
  worlds: number;
  contents: number;
  /** `apply: power` and so on. */
  readonly kinds: Map<string, number>;
  /** What servers said no with, without numbers and names. */
  readonly refusals: Map<string, number>;
  readonly findings: string[];
}

/** A world in which nobody can be felled any more ends. */
const mostDeeds = 200;

/** It stops at the first world with a finding, which stays on the disk. */
export async function runKills(options: KillOptions): Promise<KillTally> {
  const tally: KillTally = { kills: 0, worlds: 0, contents: 0, kinds: new Map(), refusals: new Map(), findings: [] };
  while (tally.kills < options.kills && tally.findings.length === 0) {
    await playWorld(options, tally);
    tally.worlds += 1;
    options.say(`world ${tally.worlds}: ${tally.kills} kills, ${tally.contents} contents, ${tally.findings.length} findings`);
  }
  return tally;
}

export function reportOf({ kinds, refusals, ...rest }: KillTally): Record<string, unknown> {
  const sorted = (map: ReadonlyMap<string, number>): Record<string, number> =>
    Object.fromEntries([...map].toSorted(([a], [b]) => a.localeCompare(b)));
  return { ...rest, kinds: sorted(kinds), refusals: sorted(refusals) };
}

async function playWorld(options: KillOptions, tally: KillTally): Promise<void> {
  const random = randomFrom(options.seed * 1_000_003 + tally.worlds);
  const world = await World.create({ real: false, workers: 3 });
  const deeds = new Deeds(world, random);
  const ends = Math.min(options.kills, tally.kills + options.killsPerWorld);
  const story: string[] = [];
  try {
    await world.ensureServer();
    await deeds.begin();
    for (let count = 0; count < mostDeeds && tally.kills < ends && tally.findings.length === 0; count += 1) {
      const deed = deeds.next();
      const felling = planned(random, deed.name);
      const felled = await fellDuring(world, felling, () => deed.run());
      await world.ensureServer();
      await deeds.settle();
      story.push(`${deed.text}: ${felled ?? "nobody was felled"}`);
      if (felled !== null) {
        tally.kills += 1;
        add(tally.kinds, `${deed.name}: ${felled}`);
      }
      for (const sentence of deeds.takeRefusals()) add(tally.refusals, sentence);
      tally.findings.push(...deeds.takeProblems(), ...checkWorld(world, deeds));
    }
    if (tally.findings.length === 0) {
      await deeds.end();
      tally.findings.push(...checkWorld(world, deeds, { isAtRest: true }));
    }
  } catch (error) {
    tally.findings.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  tally.contents += deeds.contents.size;
  tally.findings.push(...world.deaths);
  if (tally.findings.length > 0)
    tally.findings.push(`seed ${options.seed}, world ${tally.worlds} in ${world.place.directory}`, ...story.slice(-6));
  await world.stop();
  for (const marker of await markersInUse(markerName)) if (marker.startsWith(world.idPrefix)) await sweep(marker);
  if (tally.findings.length === 0) await world.remove();
  else await world.close();
}

/** The places that a deed passes. */
const places: Readonly<Record<DeedName, readonly FailpointName[]>> = {
  submit: [
    "worktree.branch",
    "worktree.added",
    "worktree.files",
    "snapshot.indexed",
    "snapshot.committed",
    "snapshot.referenced",
    "store.commit.after",
  ],
  send: ["snapshot.indexed", "snapshot.committed", "snapshot.referenced", "finalise.before"],
  apply: ["apply.computed", "apply.moved", "snapshot.committed", "put-back.removed", "put-back.indexed", "store.commit.before"],
  land: ["apply.computed", "apply.moved", "land.checked", "land.moved", "store.commit.before"],
  undo: ["snapshot.indexed", "snapshot.referenced", "put-back.removed", "put-back.indexed", "store.commit.before"],
  restore: ["snapshot.indexed", "snapshot.referenced", "put-back.removed", "put-back.indexed", "store.commit.before"],
  clean: ["trash.detached", "trash.moved", "store.commit.before", "store.commit.after"],
  "bring back": ["store.commit.before", "store.commit.after"],
};

function planned(random: () => number, name: DeedName): Felling {
  const [dice, pick, afterMs] = [random(), random(), Math.round(random() ** 1.5 * (name === "submit" ? 900 : 500))];
  if (dice < 0.2) return { how: "place", place: places[name][Math.floor(pick * places[name].length)] ?? "store.commit.before" };
  if (dice < 0.4) return { how: "server", afterMs, pick };
  if (dice < 0.65) return { how: "power", afterMs, pick };
  if ((name === "submit" || name === "send") && dice < 0.8) return { how: "runner", afterMs, pick };
  return { how: "git", afterMs, pick };
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
