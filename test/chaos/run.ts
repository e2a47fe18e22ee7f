/**
 * Plays rounds of a plan on one world until enough blows have fallen, and checks the world after
 * each round.
 */
import { setTimeout as delay } from "node:timers/promises";
import { markersInUse } from "../../src/processes/process-table.ts";
import { markerName, sweep } from "../../src/processes/sweep.ts";
import { within } from "../../testing/wait.ts";
import { addChannels, untilSent } from "./channels.ts";
import { inspect } from "./invariants.ts";
import { observe } from "./observer.ts";
import { change, fillPurse, playSchedule, startMinutely, stopMinutely } from "./clockwork.ts";
import { playFlow } from "./flows.ts";
import { emptyLedger } from "./ledger.ts";
import type { Ledger } from "./ledger.ts";
import type { Observer } from "./observer.ts";
import { Person } from "./person.ts";
import { pauseGroup, setGroups } from "./order.ts";
import { planRound } from "./plan.ts";
import type { Round, Strike } from "./plan.ts";
import { Tally } from "./report.ts";
import { strike } from "./strike.ts";
import { feed } from "./workload.ts";
import { World } from "./world.ts";

export interface RunOptions {
  readonly seed: number;
  /** Blows that must fall. */
  readonly kills: number;
  readonly killsPerRound: number;
  readonly real: boolean;
  readonly workers: number;
  /** Told after each round. */
  readonly say: (line: string) => void;
}

/** A round must come to rest within this time after its last blow. */
const restLimitMs = 600_000;
/**
 * So many deaths in a row without a finished step are waited out: five make a task poisonous, which
 * is meant so.
 */
const poisonGuard = 3;
const poisonWaitMs = 30_000;

/**
 * Runs to the number of kills. It stops at the first round with a finding and keeps the world on
 * the disk then.
 */
export async function runChaos(options: RunOptions): Promise<Tally> {
  const tally = new Tally(options.real);
  const world = await World.create({ real: options.real, workers: options.workers });
  const ledger = emptyLedger();
  try {
    for (let index = 0; tally.kills < options.kills && !tally.isBroken; index += 1) {
      const strikes = Math.min(options.killsPerRound, options.kills - tally.kills);
      const round = planRound(options.seed, index, { strikes, real: options.real });
      await playRound(world, round, index, ledger, tally);
      options.say(`round ${index + 1}: ${tally.line()}`);
    }
  } catch (error) {
    tally.problem(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  await world.stop();
  await endWorld(world, tally);
  return tally;
}

async function playRound(world: World, round: Round, index: number, ledger: Ledger, tally: Tally): Promise<void> {
  world.warm = round.warm;
  world.parkAfterMs = round.parkAfterMs;
  await world.ensureServer();
  await addChannels(world);
  await setGroups(world);
  const observer = observe(world.paths.database);
  const person = new Person(world, observer, index, ledger);
  const purse = new AbortController();
  try {
    person.start();
    await startMinutely(world, ledger);
    const filling = fillPurse(world, ledger, () => purse.signal.aborted);
    const feeding = Promise.all([
      feed(world, observer, index, round.tasks, ledger),
      pauseGroup(world, round.pause, ledger),
      besides(world, observer, round, index, ledger),
    ]);
    const recoveries: Promise<void>[] = [];
    for (const planned of round.strikes) await strikeOnce(world, observer, planned, tally, recoveries);
    await Promise.all([feeding, ...recoveries]);
    await stopMinutely(world);
    await untilAtRest(world, observer);
    purse.abort();
    await filling;
    await person.stop();
    await untilSent(world);
    tally.addRound(await inspect(world, observer, ledger));
    for (const sentence of person.problems) tally.problem(sentence);
    for (const { id } of (await world.client.listRules()).rules) await world.client.removeRule({ id });
  } finally {
    purse.abort();
    await person.stop();
    observer.close();
    await world.stop();
  }
}

/** Resolves when the workflows have ended, and each schedule has fired. */
async function besides(world: World, observer: Observer, { beside }: Round, round: number, ledger: Ledger): Promise<void> {
  const flows = beside.flows.map((planned, index) => playFlow(world, observer, planned, `flow-${round}-${index}`, ledger));
  const schedules = beside.schedules.map((planned, index) => playSchedule(world, observer, planned, `schedule-${round}-${index}`, ledger));
  const changing = async (): Promise<void> => {
    for (const planned of beside.changes) await change(world, observer, planned, ledger);
  };
  await Promise.all([...flows, ...schedules, changing()]);
}

async function strikeOnce(world: World, observer: Observer, planned: Strike, tally: Tally, recoveries: Promise<void>[]): Promise<void> {
  await delay(planned.afterMs); // The plan of the seed.
  await within(poisonWaitMs, () => observer.worstPoison() < poisonGuard);
  const blow = await strike(world, observer, planned);
  if (blow === null) return;
  const recovered = blow.recovery.then((ms) => tally.addBlow(blow.kind, planned.hasty ? "hasty" : ms));
  if (planned.hasty) recoveries.push(recovered);
  else await recovered;
}

async function untilAtRest(world: World, observer: Observer): Promise<void> {
  await within(restLimitMs, async () => {
    if (observer.unfinished() === 0) return true;
    await world.ensureServer();
    return false;
  });
  await world.ensureServer();
}

/** Nothing may be left running, whatever was found. */
async function endWorld(world: World, tally: Tally): Promise<void> {
  for (const marker of await markersInUse(markerName)) if (marker.startsWith(world.idPrefix)) await sweep(marker);
  if (tally.isBroken) tally.keep(world.place.directory);
  else await world.remove();
  await world.close();
}
