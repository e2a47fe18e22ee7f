/** The security page's table: which environment variables reach the agent, from src/config/agent-env.ts. */
import { describeAgentEnvironment } from "../../src/config/agent-env.ts";
import { code, markdownTable } from "./generated-part.ts";

export function agentEnvironmentTable(): string {
  const { exact, prefixes, providers, neverPassedOn } = describeAgentEnvironment();
  const anything = (prefix: string): string => code(`${prefix}*`);
  const rows = [
    ["always", [...exact].map(code).join(", ")],
    ["always, by prefix", prefixes.map(anything).join(", ")],
    ...providers.map((provider) => [`only while ${code(provider.switchedBy)} is on`, provider.prefixes.map(anything).join(", ")]),
    ["named in the setting `agent_env`", "`NAME` passes the server's variable on, `NAME=value` sets it"],
    [
      "never",
      `${anything("CLAUDE_WORKER_")}; and what a Claude Code session sets for its own children: ${neverPassedOn.map(code).join(", ")}`,
    ],
  ];
  return markdownTable(
    ["when", "variables"],
    rows.map((row) => row.map(String)),
  );
}
