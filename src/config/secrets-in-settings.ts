/**
 * Collects the secrets that Claude Code and its tools get from settings and from the descriptions
 * of MCP servers: the task's own, and those of the files that count in its directory.
 */
import { secretsInOptions } from "../domain/task/option-secrets.ts";
import type { LongOptions } from "../domain/task/options.ts";
import { parseJson } from "../domain/text/parse-json.ts";
import { objectOf } from "../domain/text/read-json.ts";
import type { JsonObject } from "../domain/text/read-json.ts";
import { textIn } from "./broken-file.ts";
import { settingsFiles } from "./claude-settings-files.ts";
import { claudeStateFile, maxStateBytes } from "./claude-state.ts";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * At most so many secrets of a task are looked for, and none that is longer: a file could hold any
 * number of them.
 */
const maxSecrets = 1000;
const maxLength = 10_000;

/** @param env the agent's. */
export function secretsInSettings(
  task: { readonly workingDirectory: string } & Pick<LongOptions, "settings" | "mcpConfig">,
  env: Env,
): string[] {
  const { settings, mcp } = settingsFiles(task.workingDirectory, env);
  const all = [
    ...secretsInOptions(task, env),
    ...settings.flatMap((file) => secretsInOptions({ settings: contentOf(file), mcpConfig: null }, env)),
    ...[...mcp.map((file) => contentOf(file)), ...serversInState(task.workingDirectory, env)].flatMap((servers) =>
      secretsInOptions({ settings: null, mcpConfig: servers }, env),
    ),
  ];
  return [...new Set(all)].filter(({ length }) => length <= maxLength).slice(0, maxSecrets);
}

/** MCP servers of the user, and those of this user in this directory. */
function serversInState(directory: string, env: Env): JsonObject[] {
  const state = contentOf(claudeStateFile(env), maxStateBytes);
  return [state, objectOf(objectOf(state["projects"])[directory])].map((place) => objectOf(place["mcpServers"]));
}

/** Empty where the file is missing, or is not JSON: Claude Code does not read it either. */
function contentOf(file: string, limit?: number): JsonObject {
  try {
    return objectOf(parseJson(textIn(file, limit) ?? "{}"));
  } catch {
    return {};
  }
}
