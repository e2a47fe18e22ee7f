/**
 * Profiles: named sets of credentials. Checks the setting `profiles`, and says which profile counts
 * in a directory and what kind each is. Pure; config/profile-environment.ts reads the files.
 */
import { didYouMean } from "../text/did-you-mean.ts";
import { secretsOf } from "../text/secret-values.ts";

/** One entry of the setting. At least one key says what to sign in with. */
export interface Profile {
  /** A `CLAUDE_CONFIG_DIR` with a sign-in and settings of its own. */
  readonly config_dir?: string;
  /** A file, or a variable of the server, with an API key. */
  readonly api_key_file?: string;
  readonly api_key_env?: string;
  /** The same with the token of a subscription (`claude setup-token`). */
  readonly oauth_token_file?: string;
  readonly oauth_token_env?: string;
  /** More variables: `NAME` passes that of the server on, `NAME=value` sets it. */
  readonly env?: readonly string[];
  /** Tasks in these directories and below have the profile when nothing else says so. */
  readonly directories?: readonly string[];
  /**
   * Another profile, which pays for each request: tasks that a limit or the reserve of this one's
   * account holds begin under it.
   */
  readonly when_held?: string;
}

export type ProfileSetting = Readonly<Record<string, Profile>>;

/** The profile of tasks that name none: what the server itself runs with. */
export const defaultProfile = "default";

export const profilePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

/** How a profile signs in: its own sign-in of Claude Code, a key, a token, or variables. */
export const profileKinds = ["sign_in", "api_key", "oauth_token", "environment"] as const;
export type ProfileKind = (typeof profileKinds)[number];

const paths = ["config_dir", "api_key_file", "oauth_token_file"] as const;
const variables = ["api_key_env", "oauth_token_env"] as const;
const lists = ["env", "directories"] as const;
const known: readonly string[] = [...paths, ...variables, ...lists, "when_held"];
const mostProfiles = 50;
const mostEntries = 100;

/** What is wrong with a value of the setting, as the end of a sentence; null: nothing. */
export function profilesProblem(value: unknown): string | null {
  if (!isPlain(value)) return 'must be an object like {"work": {"config_dir": "~/.claude-work"}}.';
  const names = Object.keys(value);
  if (names.length > mostProfiles) return `has ${names.length} profiles. Give at most ${mostProfiles}.`;
  const found = names
    .map((name) => nameProblem(name, hasWhenHeldOnly(value[name])) ?? profileProblem(name, value[name]))
    .find((problem) => problem !== null);
  return found ?? sharedDirectory(value as ProfileSetting) ?? whenHeldProblem(value as ProfileSetting);
}

function nameProblem(name: string, isWhenHeldOnly: boolean): string | null {
  if (name === defaultProfile && isWhenHeldOnly) return null;
  if (name === defaultProfile)
    return `names the profile "${defaultProfile}", which is what the server itself runs with. Choose another name; of it only when_held can be said.`;
  if (profilePattern.test(name)) return null;
  return `has a profile with the name ${JSON.stringify(name)}. A name has 1-63 letters, digits, '_' or '-'.`;
}

function profileProblem(name: string, profile: unknown): string | null {
  if (!isPlain(profile)) return `must have an object like {"config_dir": "~/.claude-work"} for the profile ${name}.`;
  const unknown = Object.keys(profile).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    const near = didYouMean(unknown, known);
    return `has the unknown key "${unknown}" in the profile ${name}.${near === null ? "" : ` Did you mean "${near}"?`} Known: ${known.join(", ")}.`;
  }
  for (const key of paths)
    if (profile[key] !== undefined && !isPath(profile[key]))
      return `must have an absolute path, or one with ~/, as ${key} of the profile ${name}.`;
  for (const key of variables)
    if (profile[key] !== undefined && !isVariable(profile[key]))
      return `must have the name of a variable as ${key} of the profile ${name}.`;
  if (profile["when_held"] !== undefined && typeof profile["when_held"] !== "string")
    return `must have the name of a profile as when_held of the profile ${name}.`;
  return directoriesProblem(name, profile["directories"]) ?? envProblem(name, profile["env"]) ?? signInProblem(name, profile);
}

function directoriesProblem(name: string, directories: unknown): string | null {
  if (directories === undefined || (isList(directories) && directories.every(isPath))) return null;
  return `must have a list of at most ${mostEntries} absolute paths, or paths with ~/, as directories of the profile ${name}.`;
}

function envProblem(name: string, env: unknown): string | null {
  if (env === undefined) return null;
  if (!isList(env) || !env.every((each) => typeof each === "string" && /^[A-Za-z_][A-Za-z0-9_]*(?:=[^\0]*)?$/.test(each)))
    return `must have a list of at most ${mostEntries} NAME or NAME=value as env of the profile ${name}.`;
  for (const entry of env as readonly string[]) {
    const [variable, value] = split(entry);
    if (variable.startsWith("CLAUDE_WORKER_") || variable === "HOME" || variable === "PATH")
      return `sets ${variable} in the profile ${name}, which belongs to the server. Leave it out.`;
    if (value !== undefined && !/(?:FILE|PATH|DIR)$/.test(variable) && secretsOf([{ [variable]: value }]).size > 0)
      return `has the value of ${variable} in the profile ${name}, which this file would keep. Give the name alone: the server's own variable is passed on.`;
  }
  return null;
}

function signInProblem(name: string, profile: Profile): string | null {
  const named = [...paths, ...variables].filter((key) => profile[key] !== undefined);
  const secrets = named.filter((key) => key !== "config_dir");
  if (secrets.length > 1) return `names ${secrets.join(" and ")} in the profile ${name}, and one signs in. Leave the others out.`;
  if (named.length > 0 || (profile.env ?? []).length > 0 || name === defaultProfile) return null;
  return `names nothing to sign in with in the profile ${name}. Give one of ${known.filter((key) => key !== "directories" && key !== "when_held").join(", ")}.`;
}

function hasWhenHeldOnly(profile: unknown): boolean {
  return isPlain(profile) && Object.keys(profile).join() === "when_held";
}

/** Money is spent only where a person has said so: the other profile must be one that pays. */
function whenHeldProblem(setting: ProfileSetting): string | null {
  for (const [name, { when_held: other }] of Object.entries(setting)) {
    if (other === undefined) continue;
    const given = `names ${JSON.stringify(other)} as when_held of the profile ${name}`;
    if (other === defaultProfile || !Object.hasOwn(setting, other)) {
      const near = didYouMean(other, Object.keys(setting));
      return `${given}, and there is no such profile in the setting.${near === null ? "" : ` Did you mean "${near}"?`}`;
    }
    if (other === name) return `${given}, which is the same. Name another one.`;
    if (!paysForEach(setting[other] ?? {}))
      return `${given}, which does not pay for each request. Name one with an API key or a provider: tasks are not moved from one subscription to another.`;
  }
  return null;
}

/** Whether the profile says by itself that each request is paid for. */
function paysForEach(profile: Profile): boolean {
  const names = (profile.env ?? []).map((entry) => split(entry)[0]);
  const kind = kindOfProfile(profile);
  return (
    !names.includes("CLAUDE_CODE_OAUTH_TOKEN") && (kind === "api_key" || (kind === "environment" && names.some((name) => paid.test(name))))
  );
}

const paid =
  /^(?:CLAUDE_CODE_USE_(?:BEDROCK|MANTLE|VERTEX|FOUNDRY|ANTHROPIC_AWS)|ANTHROPIC_(?:API_KEY|AUTH_TOKEN|FOUNDRY_API_KEY|AWS_API_KEY))$/;

/** The profile that pays where a limit holds tasks of this one; null: they wait. */
export function whenHeldOf(setting: ProfileSetting, name: string): string | null {
  return setting[name]?.when_held ?? null;
}

/** A directory of two profiles would belong to neither. */
function sharedDirectory(setting: ProfileSetting): string | null {
  const owners = new Map<string, string>();
  for (const [name, { directories = [] }] of Object.entries(setting)) {
    for (const directory of directories.map(withoutSlash)) {
      const owner = owners.get(directory);
      if (owner !== undefined && owner !== name)
        return `gives the directory ${directory} to the profiles ${owner} and ${name}. Give it to one.`;
      owners.set(directory, name);
    }
  }
  return null;
}

/** The names that a task can have, the default first. */
export function profileNames(setting: ProfileSetting): string[] {
  return [...new Set([defaultProfile, ...Object.keys(setting)])];
}

/** Why there is no such profile, as sentences; null: there is. */
export function unknownProfile(setting: ProfileSetting, name: string): string | null {
  const names = profileNames(setting);
  if (names.includes(name)) return null;
  const near = didYouMean(name, names);
  const list = names.length === 1 ? `There is only ${defaultProfile}` : `There are ${names.join(", ")}`;
  return `There is no profile "${name}".${near === null ? "" : ` Did you mean "${near}"?`} ${list}: claude-worker config set profiles '{…}' adds one.`;
}

/**
 * The profile that counts in a directory: that of the nearest directory above it which has one.
 * @param directory a real path. @param real gives the real path of one of the setting.
 */
export function profileOfDirectory(setting: ProfileSetting, directory: string, real: (path: string) => string): string | null {
  let [best, longest] = [null as string | null, -1];
  for (const [name, { directories = [] }] of Object.entries(setting)) {
    for (const each of directories) {
      const path = withoutSlash(real(each));
      const isBelow = path === "" || directory === path || directory.startsWith(`${path}/`);
      if (isBelow && path.length > longest) [best, longest] = [name, path.length];
    }
  }
  return best;
}

export function kindOfProfile(profile: Profile): ProfileKind {
  if (profile.api_key_file !== undefined || profile.api_key_env !== undefined) return "api_key";
  if (profile.oauth_token_file !== undefined || profile.oauth_token_env !== undefined) return "oauth_token";
  return profile.config_dir === undefined ? "environment" : "sign_in";
}

/** `NAME=value` or `NAME`. */
export function split(entry: string): readonly [name: string, value?: string] {
  const equals = entry.indexOf("=");
  return equals === -1 ? [entry] : [entry.slice(0, equals), entry.slice(equals + 1)];
}

function withoutSlash(path: string): string {
  return path.replace(/\/+$/, "");
}

function isPath(value: unknown): boolean {
  return typeof value === "string" && value.length <= 4096 && /^(?:\/|~\/)/.test(value) && !value.includes("\0");
}

function isVariable(value: unknown): boolean {
  return typeof value === "string" && /^[A-Za-z_][A-Za-z0-9_]{0,199}$/.test(value);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length <= mostEntries;
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
