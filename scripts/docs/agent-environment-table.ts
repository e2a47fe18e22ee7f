/**
 * The security page's table: which environment variables reach the agent, from
 * src/config/agent-env-names.ts.
 */
import { claudeCodeNames, switchedNames, systemNames } from "../../src/config/agent-env-names.ts";
import { code, markdownTable } from "./generated-part.ts";

export function agentEnvironmentTable(): string {
  const list = (names: readonly string[], between = ", "): string => names.map(code).join(between);
  const rows = [
    ["always: the system's", list(systemNames)],
    ["always: settings of Claude Code", list(claudeCodeNames)],
    ...switchedNames.map(({ switches, names }) => [`only while ${list(switches, " or ")} is on`, list(names)]),
    ["named in the setting `agent_env`", "`NAME` passes the server's variable on, `NAME=value` sets it"],
    ["never", "`CLAUDE_WORKER_*`"],
  ];
  return markdownTable(["when", "variables"], rows);
}
