/**
 * Loads all settings, and says where each came from. Precedence: flags > environment > file >
 * defaults. setting-value.ts checks the values.
 */
import { readFileSync } from "node:fs";
import { WorkerError } from "../domain/errors.ts";
import { JsonTooDeep, parseJson } from "../domain/text/parse-json.ts";
import { requireOwnFile } from "./own-directory.ts";
import { checkedSetting, parseSetting } from "./setting-value.ts";
import { settingDefinitions } from "./settings.ts";
import type { SettingKey, Settings } from "./settings.ts";

/** Where a value came from. */
export type SettingOrigin = "default" | "file" | "environment" | "flag";

export interface LoadedSettings {
  readonly settings: Settings;
  readonly origins: Readonly<Record<SettingKey, SettingOrigin>>;
}

export interface SettingSources {
  /** Path of config.json, which may be missing. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Values of flags, already typed. */
  readonly flags?: Partial<Settings>;
  /**
   * Called with each wrong value, which then counts as not given. Without this function a wrong
   * value throws.
   */
  readonly onProblem?: (problem: SettingProblem) => void;
}

export interface SettingProblem {
  readonly key: string;
  readonly origin: "file" | "environment";
  readonly error: WorkerError;
}

/**
 * Reads all settings.
 * @throws WorkerError invalid_input with the key and its source: unknown key, bad value, broken
 * JSON.
 */
export function loadSettings(sources: SettingSources): LoadedSettings {
  const file = checkedFile(readConfigFile(sources.file), sources);
  const values: Partial<Record<SettingKey, unknown>> = {};
  const origins: Partial<Record<SettingKey, SettingOrigin>> = {};
  for (const definition of settingDefinitions) {
    const { key } = definition;
    const fromEnv = sources.env[definition.env];
    const flag = sources.flags?.[key];
    const given: readonly (readonly [SettingOrigin, unknown])[] = [
      ["flag", flag === undefined ? undefined : checkedSetting(key, flag, "the flag")],
      ["environment", fromEnv ? tolerant(sources, [key, "environment"], () => parseSetting(key, fromEnv, definition.env)) : undefined],
      ["file", file[key]],
    ];
    [origins[key], values[key]] = given.find(([, value]) => value !== undefined) ?? ["default", definition.default];
  }
  return { settings: values as Settings, origins: origins as Record<SettingKey, SettingOrigin> };
}

/**
 * The content of config.json; its values are not checked.
 * @throws WorkerError invalid_input; storage_unusable when another user can write it.
 */
export function readConfigFile(path: string): Record<string, unknown> {
  requireOwnFile(path);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new WorkerError("invalid_input", `The configuration ${path} cannot be read: ${(error as Error).message}.`);
  }
  let content: unknown;
  try {
    content = parseJson(text);
  } catch (error) {
    if (error instanceof JsonTooDeep)
      throw new WorkerError("invalid_input", `The configuration ${path} is ${error.message}. Correct or remove it.`);
    throw new WorkerError("invalid_input", `The configuration ${path} is not JSON: ${(error as Error).message}. Fix or remove it.`);
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new WorkerError("invalid_input", `The configuration ${path} must be a JSON object.`);
  }
  return content as Record<string, unknown>;
}

/**
 * The valid values of the file. A wrong value is passed to `onProblem`; without that function it
 * throws.
 */
function checkedFile(content: Readonly<Record<string, unknown>>, sources: SettingSources): Record<string, unknown> {
  const values = Object.entries(content).map(([key, value]) => {
    return [key, tolerant(sources, [key, "file"], () => checkedSetting(key, value, sources.file))];
  });
  return Object.fromEntries(values) as Record<string, unknown>;
}

/** The value of `read`; undefined when it throws and `onProblem` takes the error. */
function tolerant<T>(
  { onProblem }: SettingSources,
  [key, origin]: readonly [string, SettingProblem["origin"]],
  read: () => T,
): T | undefined {
  try {
    return read();
  } catch (error) {
    if (onProblem === undefined || !(error instanceof WorkerError)) throw error;
    onProblem({ key, origin, error });
    return undefined;
  }
}
