/**
 * Collects the MCP servers of a task when a `.mcp.json` above its directory must not be read.
 * Claude Code then reads none of its own MCP configuration (`strictMcpConfig`), so it gets the rest
 * as an option: the user's servers, and those of the files that count.
 */
import { join } from "node:path";
import { expandedVariables } from "../domain/task/expand-variables.ts";
import { foreignText } from "../config/read-foreign.ts";
import { parseJson } from "../domain/text/parse-json.ts";

type Env = Readonly<Record<string, string | undefined>>;
type Servers = Readonly<Record<string, unknown>>;

/** The user's own file also has the history of all projects. */
const maxUserBytes = 64 * 1024 * 1024;
const maxFileBytes = 2 * 1024 * 1024;

/**
 * @param files `.mcp.json` files, nearest first: of several servers with one name the nearest
 * counts. @returns by name.
 */
export function ownMcpServers(directory: string, files: readonly string[], env: Env): Servers {
  const user = readJson(
    env["CLAUDE_CONFIG_DIR"] ? join(env["CLAUDE_CONFIG_DIR"], ".claude.json") : join(env["HOME"] ?? "/", ".claude.json"),
    maxUserBytes,
  );
  const project = record(record(user["projects"])[directory]);
  const shared = files.toReversed().map((file) => record(readJson(file, maxFileBytes)["mcpServers"]));
  const all = Object.assign({}, record(user["mcpServers"]), ...shared, record(project["mcpServers"])) as Record<string, unknown>;
  for (const name of [project["disabledMcpServers"], project["disabledMcpjsonServers"]].flat()) delete all[String(name)];
  return expandedVariables(all, env) as Servers;
}

function readJson(file: string, maxBytes: number): Servers {
  try {
    return record(parseJson(foreignText(file, maxBytes) ?? ""));
  } catch {
    return {}; // Missing or broken: Claude Code also leaves it out.
  }
}

function record(value: unknown): Servers {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Servers) : {};
}
