/**
 * Which tasks holds keep from starting, as the store's queries leave them out: by profile and by
 * model. Pure.
 */
import type { NewHold } from "./hold.ts";
import { concernsAccount, modelsOf } from "./scope.ts";

/** The fingerprint of the account that a profile signs in to now; null: it cannot be used. */
export type AccountOf = (profile: string) => string | null;

/** What is known of all profiles. */
export interface ProfileAccounts {
  readonly profiles: readonly string[];
  account: AccountOf;
}

/** Tasks of a profile whose model has this in its name; empty: all of its tasks. */
export type HeldPart = readonly [profile: string, model: string];

/** `all`: every task, whatever its profile. */
export type Held = "all" | readonly HeldPart[];

/** What the holds in force block. Those of an account block the tasks of each of its profiles. */
export function heldTasks(inForce: readonly NewHold[], { profiles, account }: ProfileAccounts): Held {
  const parts: HeldPart[] = [];
  for (const { scope } of inForce) {
    if (!scope.startsWith("account:")) return "all";
    for (const profile of profiles) {
      if (concernsAccount(scope, account(profile))) for (const model of modelsOf(scope) ?? [""]) parts.push([profile, model]);
    }
  }
  return parts;
}

/** The profiles of which every task is held. */
export function wholeProfiles(parts: readonly HeldPart[]): ReadonlySet<string> {
  return new Set(parts.filter(([, model]) => model === "").map(([profile]) => profile));
}
