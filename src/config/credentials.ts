/**
 * Finds the credentials that Claude Code has in an environment. Only a request can show whether
 * they are valid. No secret is returned or shown.
 */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { objectOf } from "../domain/text/read-json.ts";
import { isSwitchedOn } from "./agent-env.ts";

type Env = Readonly<Record<string, string | undefined>>;

const variables = [
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_AUTH_TOKEN",
  "CLAUDE_CODE_OAUTH_TOKEN",
  "ANTHROPIC_FOUNDRY_API_KEY",
  "ANTHROPIC_AWS_API_KEY",
  "ANTHROPIC_PROFILE",
  "ANTHROPIC_FEDERATION_RULE_ID",
];
const providers: Readonly<Record<string, string>> = {
  CLAUDE_CODE_USE_BEDROCK: "Amazon Bedrock",
  CLAUDE_CODE_USE_MANTLE: "Amazon Bedrock Mantle",
  CLAUDE_CODE_USE_ANTHROPIC_AWS: "Claude Platform on AWS",
  CLAUDE_CODE_USE_VERTEX: "Google Vertex AI",
  CLAUDE_CODE_USE_FOUNDRY: "Microsoft Foundry",
};

/** The sentence that a server adds to the answer to a submit. */
export const noCredentials =
  "The server has found nothing to sign in to Claude with. Sign in (claude-worker claude), or set ANTHROPIC_API_KEY and restart it: claude-worker server restart";

/**
 * @param env the agent's environment.
 * @returns what was found, e.g. `ANTHROPIC_API_KEY is set`; null: nothing. It does not look into a
 * keychain.
 */
export function credentialsIn(env: Env): string | null {
  return credentialVariable(env) ?? fromFiles(env);
}

/**
 * Whether requests are paid for one by one (an API key, a provider): then the account has no limits
 * of a subscription.
 */
export function paysPerUse(env: Env): boolean {
  if (Object.keys(providers).some((name) => isSwitchedOn(env[name]))) return true;
  const variable = variables.find((name) => (env[name] ?? "") !== "");
  if (variable !== undefined) return variable !== "CLAUDE_CODE_OAUTH_TOKEN";
  return /^(?:apiKeyHelper|an API key|ANTHROPIC_|.* \(CLAUDE_CODE_USE_)/.test(fromFiles(env) ?? "");
}

/** Like `credentialsIn`, but looks at variables only. */
export function credentialVariable(env: Env): string | null {
  const provider = Object.keys(providers).find((name) => isSwitchedOn(env[name]));
  if (provider !== undefined) return `${providers[provider] ?? provider} (${provider})`;
  const variable = variables.find((name) => (env[name] ?? "") !== "");
  return variable === undefined ? null : `${variable} is set`;
}

function fromFiles(env: Env): string | null {
  const home = env["HOME"] || homedir();
  const directory = env["CLAUDE_CONFIG_DIR"] || join(home, ".claude");
  const file = join(directory, ".credentials.json");
  if (existsSync(file)) return `signed in (${file})`;
  const settings = join(directory, "settings.json");
  const content = contentOf(settings);
  if (content["apiKeyHelper"] !== undefined) return `apiKeyHelper (${settings})`;
  const inSettings = credentialVariable(objectOf(content["env"]) as Env);
  if (inSettings !== null) return `${inSettings} (${settings})`;
  const state = join(env["CLAUDE_CONFIG_DIR"] || home, ".claude.json");
  return contentOf(state)["primaryApiKey"] === undefined ? null : `an API key (${state})`;
}

function contentOf(file: string): Record<string, unknown> {
  try {
    return objectOf(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return {}; // The file does not exist or cannot be read.
  }
}
