/**
 * The profiles of a running server: their environments, and the accounts that they sign in to.
 * Accounts are named by fingerprints; no credential is shown.
 */
import { statSync } from "node:fs";
import { defaultProfile, profileNames } from "../domain/task/profile.ts";
import type { ProfileKind } from "../domain/task/profile.ts";
import { accountFingerprint } from "./account.ts";
import { credentialVariable, paysPerUse } from "./credentials.ts";
import { filesOfProfile, profileEnvironment, profileLook, profileProblem } from "./profile-environment.ts";
import type { ProfileSource } from "./profile-environment.ts";

/** What was found when the files of a profile were as `signature` says. */
interface Found {
  readonly signature: string;
  /** null: the profile cannot be used. */
  readonly env: Readonly<Record<string, string>> | null;
  readonly account: (() => string) | null;
}

export class Profiles {
  readonly #source: ProfileSource;
  readonly #key: string;
  readonly #found = new Map<string, Found>();
  /** The names of all profiles, the default first. */
  readonly names: readonly string[];

  /** @param key the key of fingerprints. */
  constructor(source: ProfileSource, key: string) {
    this.#source = source;
    this.#key = key;
    this.names = profileNames(source.settings.profiles);
  }

  /** @throws WorkerError invalid_input with the profile's name and what to do. */
  environment(name: string): Record<string, string> {
    return profileEnvironment(this.#source, name);
  }

  /** The same; where the profile cannot be used, that of the server. */
  usableEnvironment(name: string): Readonly<Record<string, string>> {
    return this.#look(name).env ?? this.environment(defaultProfile);
  }

  /** Why the profile cannot be used now, as sentences; null: it can. */
  problem(name: string): string | null {
    return profileProblem(this.#source, name);
  }

  /** Fingerprint of the account that tasks of the profile run with now; null: it cannot be used. */
  account(name: string): string | null {
    return this.#look(name).account?.() ?? null;
  }

  /** A profile that signs in to this account; null: none does. */
  ofAccount(fingerprint: string): string | null {
    return this.names.find((name) => this.account(name) === fingerprint) ?? null;
  }

  /** How the profile signs in; null: as the server itself. */
  kind(name: string): ProfileKind | null {
    return profileLook(this.#source, name).kind;
  }

  /** The credentials that Claude Code finds, without the secret; null: none. */
  credentials(name: string): string | null {
    return profileLook(this.#source, name).credentials;
  }

  /** Whether requests of tasks are paid for one by one; null: not known. */
  paysPerUse(name: string): boolean | null {
    const { env } = this.#look(name);
    return env === null ? null : paysPerUse(env);
  }

  /** The environments that can be used now, for finding secrets in texts. */
  environments(): Readonly<Record<string, string>>[] {
    return this.names.map((name) => this.#look(name).env).filter((env) => env !== null);
  }

  /** Files are read again only where they have changed: this is asked for each task of a list. */
  #look(name: string): Found {
    const signature = filesOfProfile(this.#source, name).map(stateOf).join(" ");
    const before = this.#found.get(name);
    if (before?.signature === signature) return before;
    const env = this.#environmentOrNull(name);
    const hasSignIn = env !== null && (name === defaultProfile || credentialVariable(env) === null);
    const found = { signature, env, account: env === null ? null : accountFingerprint(env, this.#key, hasSignIn) };
    this.#found.set(name, found);
    return found;
  }

  #environmentOrNull(name: string): Readonly<Record<string, string>> | null {
    return this.problem(name) === null ? this.environment(name) : null;
  }
}

function stateOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats === undefined ? "-" : [stats.ino, stats.mode, stats.uid, stats.size, stats.mtimeMs, stats.ctimeMs].join(":");
}
