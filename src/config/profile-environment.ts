/**
 * Builds the environment of a profile: the agent's environment without the credentials of the
 * server, and with what the profile names. Files with secrets are read at each call.
 */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { messageOf, WorkerError } from "../domain/errors.ts";
import { defaultProfile, kindOfProfile, profileOfDirectory, split, unknownProfile } from "../domain/task/profile.ts";
import type { Profile, ProfileKind } from "../domain/task/profile.ts";
import { agentEnvironment } from "./agent-env.ts";
import { credentialsIn } from "./credentials.ts";
import { switchedNames } from "./agent-env-names.ts";
import { requireOwnDirectory, requireOwnFile } from "./own-directory.ts";
import type { Settings } from "./settings.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** What profiles are made of. */
export interface ProfileSource {
  /** The server's own environment. */
  readonly env: Env;
  readonly settings: Pick<Settings, "agent_env" | "profiles">;
}

export interface ProfileState {
  /** null: that of the server. */
  readonly kind: ProfileKind | null;
  /** Why it cannot be used now, as sentences; null: it can. */
  readonly problem: string | null;
  /** The credentials that Claude Code finds, without the secret; null: none. */
  readonly credentials: string | null;
}

const longestSecret = 10_000;
/** The variables of clouds, and those that choose a cloud. */
const ofClouds = new Set(
  switchedNames
    .filter(({ switches }) => switches.some((name) => /_USE_/.test(name)))
    .flatMap(({ names, switches }) => [...names, ...switches]),
);

/** Whether the variable says who pays: a profile has it only where it names it. */
function isOfSignIn(name: string): boolean {
  return name.startsWith("ANTHROPIC_") || /^CLAUDE_CODE_(?:OAUTH_|SKIP_\w+_AUTH$)/.test(name) || ofClouds.has(name);
}

/**
 * @returns the environment of Claude Code under this profile.
 * @throws WorkerError invalid_input with the profile's name and what to do: there is no such
 * profile, or its files or variables cannot be used.
 */
export function profileEnvironment(source: ProfileSource, name: string): Record<string, string> {
  const { env, settings } = source;
  if (name === defaultProfile) return agentEnvironment(env, settings.agent_env);
  requireProfile(source, name);
  const profile = settings.profiles[name] ?? {};
  const kept = Object.fromEntries(Object.entries(env).filter(([variable]) => !isOfSignIn(variable)));
  const extra = settings.agent_env.filter((entry) => !isOfSignIn(split(entry)[0]));
  return {
    ...agentEnvironment(kept, extra),
    ...(profile.config_dir === undefined ? {} : { CLAUDE_CONFIG_DIR: ownDirectory(name, atHome(profile.config_dir, env)) }),
    ...variablesOf(name, profile, env),
    ...secretOf(name, profile, env),
  };
}

/** @throws WorkerError invalid_input: there is no such profile. */
export function requireProfile({ settings }: Pick<ProfileSource, "settings">, name: string): void {
  const unknown = unknownProfile(settings.profiles, name);
  if (unknown !== null) throw new WorkerError("invalid_input", unknown, [{ pointer: "/profile", detail: `there is no profile "${name}"` }]);
}

/** Why the profile cannot be used now, as sentences; null: it can. */
export function profileProblem(source: ProfileSource, name: string): string | null {
  try {
    profileEnvironment(source, name);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/** How the profile signs in, and why it cannot be used now. */
export function profileLook(source: ProfileSource, name: string): ProfileState {
  const profile = source.settings.profiles[name];
  const kind = profile === undefined || name === defaultProfile ? null : kindOfProfile(profile);
  try {
    return { kind, problem: null, credentials: credentialsIn(profileEnvironment(source, name)) };
  } catch (error) {
    return { kind, problem: messageOf(error), credentials: null };
  }
}

/** The files that decide whether the profile can be used, and as whom. */
export function filesOfProfile({ env, settings }: ProfileSource, name: string): string[] {
  const { config_dir: directory, api_key_file: key, oauth_token_file: token } = settings.profiles[name] ?? {};
  return [directory, key, token].flatMap((path) => (path === undefined ? [] : atHome(path, env)));
}

/**
 * The environment by which the sessions of a profile are found. Works also where the profile is
 * gone, or its key cannot be read.
 */
export function sessionEnvironment({ env, settings }: ProfileSource, name: string): Env {
  const directory = settings.profiles[name]?.config_dir;
  const agentEnv = agentEnvironment(env, settings.agent_env);
  return directory === undefined ? agentEnv : { ...agentEnv, CLAUDE_CONFIG_DIR: atHome(directory, env) };
}

/** The profile of a directory; null: no profile names it. */
export function directoryProfile({ env, settings }: ProfileSource, directory: string): string | null {
  const all = Object.values(settings.profiles);
  if (all.every(({ directories = [] }) => directories.length === 0)) return null;
  return profileOfDirectory(settings.profiles, realOf(directory), (path) => realOf(atHome(path, env)));
}

function variablesOf(name: string, { env: entries = [] }: Profile, env: Env): Record<string, string> {
  return Object.fromEntries(
    entries.map((entry) => {
      const [variable, value = env[variable]] = split(entry);
      if (value === undefined) throw unusable(name, noVariable(variable));
      return [variable, value];
    }),
  );
}

function secretOf(name: string, profile: Profile, env: Env): Record<string, string> {
  const { api_key_file: keyFile, api_key_env: keyEnv, oauth_token_file: tokenFile, oauth_token_env: tokenEnv } = profile;
  if (keyFile !== undefined) return { ANTHROPIC_API_KEY: secretIn(name, atHome(keyFile, env)) };
  if (keyEnv !== undefined) return { ANTHROPIC_API_KEY: variableOf(name, keyEnv, env) };
  if (tokenFile !== undefined) return { CLAUDE_CODE_OAUTH_TOKEN: secretIn(name, atHome(tokenFile, env)) };
  return tokenEnv === undefined ? {} : { CLAUDE_CODE_OAUTH_TOKEN: variableOf(name, tokenEnv, env) };
}

function variableOf(name: string, variable: string, env: Env): string {
  const value = env[variable]?.trim() ?? "";
  if (value === "") throw unusable(name, noVariable(variable));
  return value;
}

function noVariable(variable: string): string {
  return `the server has no variable ${variable}. Set it, and restart the server: claude-worker server restart`;
}

/** The content of a file that only this user can read. */
function secretIn(name: string, file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) throw unusable(name, `the file ${file} does not exist. Write the key into it: chmod 600 ${file}`);
  if (!stats.isFile()) throw unusable(name, `${file} is not a file. Name a file that holds the key alone.`);
  if ((stats.mode & 0o077) !== 0) {
    const mode = (stats.mode & 0o7777).toString(8).padStart(4, "0");
    throw unusable(name, `other users can read ${file} (mode ${mode}). Fix it: chmod 600 ${file}`);
  }
  const secret = checked(name, () => {
    requireOwnFile(file);
    return readFileSync(file, "utf8").trim();
  });
  if (secret === "" || secret.length > longestSecret || /\s|\0/.test(secret))
    throw unusable(name, `${file} must hold the key alone, on one line. Correct it.`);
  return secret;
}

function ownDirectory(name: string, directory: string): string {
  const stats = statSync(directory, { throwIfNoEntry: false });
  if (stats?.isDirectory() !== true) {
    const signIn = `CLAUDE_CONFIG_DIR=${directory} claude-worker claude`;
    throw unusable(name, `the directory ${directory} does not exist. Sign in there: mkdir -m 700 -p ${directory} && ${signIn}`);
  }
  checked(name, () => requireOwnDirectory(directory, "config_dir"));
  return directory;
}

function checked<T>(name: string, look: () => T): T {
  try {
    return look();
  } catch (error) {
    throw unusable(name, messageOf(error));
  }
}

function unusable(name: string, why: string): WorkerError {
  return new WorkerError("invalid_input", `The profile ${name} cannot be used: ${why}`, [
    { pointer: "/profile", detail: "cannot be used now" },
  ]);
}

/** A path of the setting, which may begin with `~/`. */
function atHome(path: string, env: Env): string {
  return path.startsWith("~/") ? join(env["HOME"] || homedir(), path.slice(2)) : path;
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // It does not exist: then no task works there.
  }
}
