import assert from "node:assert/strict";
import { test } from "node:test";
import { agentEnvironment } from "../../src/config/agent-env.ts";
import { claudeCodeNames, switchedNames, systemNames } from "../../src/config/agent-env-names.ts";

const names = (env: Record<string, string>, extra: readonly string[] = []): string[] =>
  Object.keys(agentEnvironment(env, extra)).toSorted();

test("an agent gets those settings of the environment that Claude Code documents", () => {
  const settings = [
    "ANTHROPIC_MODEL",
    "API_TIMEOUT_MS",
    "BASH_MAX_TIMEOUT_MS",
    "CLAUDE_CODE_EFFORT_LEVEL",
    "CLAUDE_CONFIG_DIR",
    "MCP_TIMEOUT",
  ];
  const markers = `
    CLAUDECODE CLAUDE_EFFORT CLAUDE_PID CLAUDE_ENV_FILE CLAUDE_PROJECT_DIR CLAUDE_CODE_ENTRYPOINT
    CLAUDE_CODE_SSE_PORT CLAUDE_CODE_SESSION_ID CLAUDE_CODE_CHILD_SESSION
    CLAUDE_CODE_MESSAGING_SOCKET CLAUDE_CODE_MESSAGING_TOKEN CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST
    CLAUDE_CODE_HOST_AUTH_ENV_VAR CLAUDE_CODE_REMOTE CLAUDE_CODE_REMOTE_SESSION_ID
    CLAUDE_CODE_RESUME_INTERRUPTED_TURN CLAUDE_CODE_RESUME_PROMPT CLAUDE_AGENT_SDK_VERSION
    CLAUDE_AFTER_LAST_COMPACT CLAUDE_CODE_NOT_YET_INVENTED ANTHROPIC_NOT_YET_INVENTED
    claude_config_dir LC_SECRET CLAUDE_WORKER_TOKEN AI_AGENT
  `;
  const env = Object.fromEntries([...settings, ...markers.trim().split(/\s+/)].map((name) => [name, "1"]));
  assert.deepEqual(names(env), settings.toSorted());
});

test("a cloud's variables pass while Claude Code signs in with that cloud", () => {
  const env = {
    AWS_PROFILE: "p",
    AWS_NOT_LISTED: "x",
    GOOGLE_APPLICATION_CREDENTIALS: "f",
    AZURE_CLIENT_ID: "c",
    OTEL_LOGS_EXPORTER: "otlp",
  };
  assert.deepEqual(names(env), []);
  assert.deepEqual(names({ ...env, CLAUDE_CODE_USE_BEDROCK: "1" }), ["AWS_PROFILE", "CLAUDE_CODE_USE_BEDROCK"]);
  assert.deepEqual(names({ ...env, CLAUDE_CODE_USE_ANTHROPIC_AWS: "true" }), ["AWS_PROFILE", "CLAUDE_CODE_USE_ANTHROPIC_AWS"]);
  assert.deepEqual(names({ ...env, CLAUDE_CODE_USE_BEDROCK: "0" }), ["CLAUDE_CODE_USE_BEDROCK"]);
  assert.deepEqual(names({ ...env, CLAUDE_CODE_USE_VERTEX: "1" }), ["CLAUDE_CODE_USE_VERTEX", "GOOGLE_APPLICATION_CREDENTIALS"]);
  assert.deepEqual(names({ ...env, CLAUDE_CODE_ENABLE_TELEMETRY: "1" }), ["CLAUDE_CODE_ENABLE_TELEMETRY", "OTEL_LOGS_EXPORTER"]);
});

test("agent_env adds any name but our own", () => {
  const env = { MINE: "1", CLAUDE_WORKER_TOKEN: "secret" };
  assert.deepEqual(agentEnvironment(env, ["MINE", "MADE=a=b", "ABSENT", "CLAUDE_WORKER_TOKEN"]), { MINE: "1", MADE: "a=b" });
});

test("the list of the environment's variables has valid names, each once", () => {
  const all = [...systemNames, ...claudeCodeNames, ...switchedNames.flatMap((group) => [...group.names])];
  assert.equal(new Set(all).size, all.length);
  assert.deepEqual(
    all.filter((name) => !/^[A-Za-z_]+[A-Za-z0-9_]*$/.test(name)),
    [],
  );
  const switches = switchedNames.flatMap((group) => group.switches);
  assert.deepEqual(
    switches.filter((name) => !claudeCodeNames.includes(name)),
    [],
  );
});
