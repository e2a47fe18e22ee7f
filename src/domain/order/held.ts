/**
 * Which tasks holds keep from starting, as the store's queries leave them out: by profile and by
 * model. Says also which profile a task starts under. Pure.
 */
import { defaultProfile } from "../task/profile.ts";
import type { HoldKind, NewHold } from "./hold.ts";
import { isOfReserve } from "./reserve.ts";
import { concernsAccount, modelsOf, scopeHolds } from "./scope.ts";

/** The fingerprint of the account that a profile signs in to now; null: it cannot be used. */
export type AccountOf = (profile: string) => string | null;

/** What is known of a profile. */
export interface ProfileFacts {
  account: AccountOf;
  /** The profile that pays where a limit holds tasks of this one; null: none. Default: none. */
  whenHeld?(profile: string): string | null;
}

/** What is known of all profiles. */
export interface ProfileAccounts extends ProfileFacts {
  readonly profiles: readonly string[];
}

/**
 * Tasks of a profile whose model has this in its name; empty: all of its tasks. With `begun` only
 * those that continue a session: the others begin under the profile that pays.
 */
export type HeldPart = readonly [profile: string, model: string, begun?: "begun"];

/** `all`: every task, whatever its profile. */
export type Held = "all" | readonly HeldPart[];

/** Holds that money can replace. */
const limitKinds: ReadonlySet<HoldKind> = new Set(["rate_limited", "overage", "reserve", "reserve_hard"]);

/**
 * What the holds in force block. Those of an account block the tasks of each of its profiles.
 * @param every all holds in force: they say whether the profile that pays may start its tasks.
 */
export function heldTasks(inForce: readonly NewHold[], accounts: ProfileAccounts, every: readonly NewHold[] = inForce): Held {
  const { profiles, account } = accounts;
  const parts: HeldPart[] = [];
  for (const { scope, kind } of inForce) {
    if (!scope.startsWith("account:")) return "all";
    for (const profile of profiles) {
      if (!concernsAccount(scope, account(profile))) continue;
      const paying = limitKinds.has(kind) ? payingProfile(profile, accounts) : null;
      const held = paying === null ? null : modelsHeld(account(paying), every);
      parts.push(...(modelsOf(scope) ?? [""]).flatMap((model) => withPaying([profile, model], held)));
    }
  }
  return parts;
}

/** The profile that pays for this one, where it can be used; null: none. */
function payingProfile(profile: string, { account, whenHeld }: ProfileFacts): string | null {
  const other = whenHeld?.(profile) ?? null;
  return other === null || account(other) === null ? null : other;
}

/** The models that holds block of an account; an empty one: all of them. */
function modelsHeld(account: string | null, every: readonly NewHold[]): string[] {
  return every.filter(({ scope }) => concernsAccount(scope, account)).flatMap(({ scope }) => modelsOf(scope) ?? [""]);
}

/** @param held the models that the profile that pays cannot start; null: there is none. */
function withPaying([profile, model]: HeldPart, held: readonly string[] | null): HeldPart[] {
  if (held === null || held.includes("") || (model !== "" && held.includes(model))) return [[profile, model]];
  return [[profile, model, "begun"], ...(model === "" ? held.map((each): HeldPart => [profile, each]) : [])];
}

/** The profiles of which every task is held. */
export function wholeProfiles(parts: readonly HeldPart[]): ReadonlySet<string> {
  return new Set(parts.filter(([, model, begun]) => model === "" && begun === undefined).map(([profile]) => profile));
}

/** What the profile of a task at its start depends on. */
interface StartingTask {
  readonly model: string | null;
  readonly profile?: string;
  readonly ignoreReserve: boolean;
  readonly sessionId?: string | null;
  readonly resumable?: boolean;
}

/**
 * The profile that the task starts under: its own, or the one that pays instead, where only limits
 * and the reserve of its own account hold it and no session of it has begun.
 * @param inForce the holds whose time has not passed.
 */
export function profileAtStart(task: StartingTask, inForce: readonly NewHold[], facts: ProfileFacts): string {
  const { profile = defaultProfile } = task;
  if (task.resumable === true && task.sessionId != null) return profile;
  const other = payingProfile(profile, facts);
  if (other === null) return profile;
  const account = facts.account(profile);
  const own = inForce.filter((hold) => scopeHolds(hold.scope, task, account) && !(task.ignoreReserve && isOfReserve(hold)));
  if (own.length === 0 || !own.every(({ kind }) => limitKinds.has(kind))) return profile;
  return inForce.some(({ scope }) => scopeHolds(scope, task, facts.account(other))) ? profile : other;
}
