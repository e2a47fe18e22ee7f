/**
 * Checks the profiles that the settings name: whether their files can be used, and whether there is
 * something to sign in with. Asks the model's API with each one's credentials where that is wanted.
 */
import type { WorkerClient } from "../../client/worker-client.ts";
import { profileLook } from "../../config/profile-environment.ts";
import type { ProfileSource } from "../../config/profile-environment.ts";
import type { ProfileView } from "../../contract/views/profile.ts";
import { messageOf } from "../../domain/errors.ts";
import { profileNames } from "../../domain/task/profile.ts";
import { namedProfiles } from "../terminal/render/profile-lines.ts";
import { fail, ok, warn } from "./check.ts";
import type { Check } from "./check.ts";

const checkName = "Profile";

type Looked = Pick<ProfileView, "name" | "kind" | "problem" | "credentials">;

/** As the running server sees them. Empty where it does not say. */
export async function checkProfiles(client: WorkerClient, { isProbing }: { readonly isProbing: boolean }): Promise<Check[]> {
  const profiles = await client.server().then(
    (server) => namedProfiles(server.profiles),
    () => [], // The check of the server says why it does not answer.
  );
  const checks: Check[] = [];
  for (const profile of profiles) {
    const check = checkProfile(profile);
    checks.push(check);
    if (isProbing && check.state !== "fail") checks.push(await probed(client, profile));
  }
  return checks;
}

/** As a server that is started from here would see them. */
export function checkProfilesHere(source: ProfileSource): Check[] {
  const names = profileNames(source.settings.profiles).slice(1);
  return names.map((name) => checkProfile({ name, ...profileLook(source, name) }));
}

/** @param platform in macOS the sign-in may be in a keychain, which is not looked into. */
export function checkProfile({ name, kind, problem, credentials }: Looked, platform: NodeJS.Platform = process.platform): Check {
  if (problem !== null) return fail(checkName, problem, null);
  if (credentials !== null) return ok(checkName, `${name}: ${credentials}`);
  if (kind === "sign_in" && platform === "darwin")
    return warn(checkName, `${name}: no sign-in was found in files; the keychain may have one`, "Try it: claude-worker doctor --probe");
  const fix =
    kind === "sign_in"
      ? "Sign in there, with its config_dir: CLAUDE_CONFIG_DIR=DIRECTORY claude-worker claude"
      : "Name a key, a token or a config_dir in it: claude-worker config set profiles '{…}'";
  return fail(checkName, `${name}: nothing to sign in with was found`, fix);
}

async function probed(client: Pick<WorkerClient, "probeServer">, { name, kind }: Looked): Promise<Check> {
  try {
    const { works, outcome, message } = await client.probeServer({ profile: name });
    if (works) return ok("Probe", `Claude's API answers with the credentials of the profile ${name}`);
    const again =
      kind === "sign_in" ? "Sign in again with its config_dir (CLAUDE_CONFIG_DIR=DIRECTORY claude-worker claude)" : "Set a valid key";
    return fail("Probe", `The profile ${name}: ${message}`, outcome === "auth_failed" ? `${again}, then: claude-worker resume` : null);
  } catch (error) {
    return fail("Probe", `The profile ${name}: ${messageOf(error)}`, null);
  }
}
