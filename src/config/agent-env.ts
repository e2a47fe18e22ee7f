/** The environment that the agent gets: an allow-list. What is not named here does not reach Claude Code or its tools. */

const exact = new Set([
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "LANGUAGE",
  "TERM",
  "COLORTERM",
  "TMPDIR",
  "TZ",
  "XDG_CONFIG_HOME",
  "XDG_CACHE_HOME",
  "XDG_DATA_HOME",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "ALL_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "all_proxy",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "SSH_AUTH_SOCK",
  "IS_SANDBOX",
  "DISABLE_TELEMETRY",
  "DISABLE_AUTOUPDATER",
  "DISABLE_ERROR_REPORTING",
]);
const prefixes = ["LC_", "ANTHROPIC_", "CLAUDE_"];

/** The providers' variables, passed on only when the provider is switched on. */
const providers: readonly { readonly switchedBy: string; readonly prefixes: readonly string[] }[] = [
  { switchedBy: "CLAUDE_CODE_USE_BEDROCK", prefixes: ["AWS_"] },
  { switchedBy: "CLAUDE_CODE_USE_VERTEX", prefixes: ["GOOGLE_", "GCLOUD_", "CLOUD_ML_", "CLOUDSDK_", "VERTEX_"] },
  { switchedBy: "CLAUDE_CODE_USE_FOUNDRY", prefixes: ["AZURE_"] },
];

/** Set by a Claude Code session for its own children; a daemon started from inside one must not hand them on. */
const ofASession = new Set([
  "CLAUDECODE",
  "CLAUDE_CODE_ENTRYPOINT",
  "CLAUDE_CODE_SESSION_ID",
  "CLAUDE_CODE_SSE_PORT",
  "CLAUDE_PROJECT_DIR",
  "CLAUDE_ENV_FILE",
  "CLAUDE_CODE_CHILD_SESSION",
  "CLAUDE_CODE_EXECPATH",
  "CLAUDE_PID",
  "CLAUDE_CODE_RESUME_INTERRUPTED_TURN",
  "CLAUDE_CODE_RESUME_REASON",
]);

/**
 * The agent's environment from the server's own.
 * @param env the server's environment.
 * @param extra the setting `agent_env`: `NAME` or `NAME=value`.
 */
export function agentEnvironment(env: Readonly<Record<string, string | undefined>>, extra: readonly string[]): Record<string, string> {
  const allowed: Record<string, string> = {};
  const open = [...prefixes, ...providers.filter((provider) => isOn(env[provider.switchedBy])).flatMap((provider) => provider.prefixes)];
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || name.startsWith("CLAUDE_WORKER_") || ofASession.has(name)) continue;
    if (exact.has(name) || open.some((prefix) => name.startsWith(prefix))) allowed[name] = value;
  }
  for (const entry of extra) {
    const equals = entry.indexOf("=");
    const name = equals === -1 ? entry : entry.slice(0, equals);
    const value = equals === -1 ? env[name] : entry.slice(equals + 1);
    if (value !== undefined && !name.startsWith("CLAUDE_WORKER_")) allowed[name] = value;
  }
  return allowed;
}

/** The allow-list as data: what the documentation shows. */
export function describeAgentEnvironment() {
  return { exact: [...exact], prefixes, providers, neverPassedOn: [...ofASession] };
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && !["", "0", "false", "no", "off"].includes(value.toLowerCase());
}
