/**
 * Builds the agent's environment from an allow-list of names. Other variables do not reach Claude
 * Code or its tools.
 */
import { claudeCodeNames, switchedNames, systemNames } from "./agent-env-names.ts";

/**
 * The agent's environment from the server's own.
 * @param env the server's environment.
 * @param extra the setting `agent_env`: `NAME` or `NAME=value`.
 */
export function agentEnvironment(env: Readonly<Record<string, string | undefined>>, extra: readonly string[]): Record<string, string> {
  const switched = switchedNames.filter(({ switches }) => switches.some((name) => isSwitchedOn(env[name])));
  const names = [...systemNames, ...claudeCodeNames, ...switched.flatMap((group) => group.names)];
  const allowed: Record<string, string> = {};
  for (const name of names) {
    const value = env[name];
    if (value !== undefined) allowed[name] = value;
  }
  for (const entry of extra) {
    const equals = entry.indexOf("=");
    const name = equals === -1 ? entry : entry.slice(0, equals);
    const value = equals === -1 ? env[name] : entry.slice(equals + 1);
    if (value !== undefined && !name.startsWith("CLAUDE_WORKER_")) allowed[name] = value;
  }
  return allowed;
}

/**
 * The environment of a command that is run beside Claude Code: without Claude Code's own variables,
 * among which are the credentials of the model and of its cloud.
 */
export function commandEnvironment(agentEnv: Readonly<Record<string, string>>): Record<string, string> {
  const switched = switchedNames.filter(({ switches }) => switches.some((name) => isSwitchedOn(agentEnv[name])));
  const own = new Set([...claudeCodeNames, ...switched.flatMap(({ names }) => names)]);
  return Object.fromEntries(Object.entries(agentEnv).filter(([name]) => !own.has(name)));
}

/** Whether Claude Code reads this value of a switch as "on". */
export function isSwitchedOn(value: string | undefined): boolean {
  return value !== undefined && !["", "0", "false", "no", "off"].includes(value.trim().toLowerCase());
}
