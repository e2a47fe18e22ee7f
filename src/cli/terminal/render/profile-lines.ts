/** Profiles as lines: what each signs in with, how far its limits are used, and what holds it. */
import type { ProfileView } from "../../../contract/views/profile.ts";
import { defaultProfile } from "../../../domain/task/profile.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { limitsText } from "./account-lines.ts";
import { holdText } from "./hold-lines.ts";

/** The profiles that were named in the settings: most users have none. */
export function namedProfiles(profiles: readonly ProfileView[]): ProfileView[] {
  return profiles.filter(({ name }) => name !== defaultProfile);
}

/**
 * `work: signed in (…); five_hour 42 % used, resets …`, or why it cannot be used.
 * @param now UTC milliseconds.
 */
export function profileText({ name, problem, credentials, account, holds }: ProfileView, now: number): string {
  if (problem !== null) return plainLine(problem, 2000);
  const own = credentials === null ? "nothing to sign in with was found" : plainLine(credentials, 500);
  const limits =
    account === null ? [] : account.reserve.applies === false ? ["each request is paid for"] : [`limits ${limitsText(account, now)}`];
  // The page says more of the holds elsewhere.
  return [`${plainLine(name, 63)}: ${own}`, ...limits, ...holds.map((hold) => holdText({ ...hold, profiles: null }))].join("; ");
}
