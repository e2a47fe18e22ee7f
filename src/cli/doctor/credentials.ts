/** Checks that Claude Code has something to sign in with. Whether it is still valid only a task can tell. No secret is read or shown. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { isSwitchedOn } from "../../config/agent-env.ts";
import { fail, ok } from "./check.ts";
import type { Check } from "./check.ts";

type Env = Readonly<Record<string, string | undefined>>;

const variables = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"];
const providers: Readonly<Record<string, string>> = {
  CLAUDE_CODE_USE_BEDROCK: "Amazon Bedrock",
  CLAUDE_CODE_USE_VERTEX: "Google Vertex AI",
  CLAUDE_CODE_USE_FOUNDRY: "Microsoft Foundry",
};

/** @param env what an agent would get of this call's environment: a server that runs already has the environment of its own start. */
export async function checkCredentials(env: Env): Promise<Check> {
  const found = fromEnvironment(env) ?? fromFiles(env) ?? (await fromKeychain());
  if (found !== null) return ok("Credentials", found);
  return fail(
    "Credentials",
    "nothing to sign in with was found",
    "Run `claude` and sign in, or set ANTHROPIC_API_KEY, then restart the server: claude-worker server restart",
  );
}

function fromEnvironment(env: Env): string | null {
  const provider = Object.keys(providers).find((name) => isSwitchedOn(env[name]));
  if (provider !== undefined) return `${providers[provider] ?? provider} (${provider})`;
  const variable = variables.find((name) => (env[name] ?? "") !== "");
  return variable === undefined ? null : `${variable} is set`;
}

function fromFiles(env: Env): string | null {
  const directory = env["CLAUDE_CONFIG_DIR"] || join(env["HOME"] || homedir(), ".claude");
  const file = join(directory, ".credentials.json");
  if (existsSync(file)) return `signed in (${file})`;
  const settings = join(directory, "settings.json");
  return hasKeyHelper(settings) ? `apiKeyHelper (${settings})` : null;
}

function hasKeyHelper(settings: string): boolean {
  try {
    return "apiKeyHelper" in (JSON.parse(readFileSync(settings, "utf8")) as object);
  } catch {
    return false; // No settings, or none that can be read.
  }
}

async function fromKeychain(): Promise<string | null> {
  if (process.platform !== "darwin") return null;
  try {
    await promisify(execFile)("security", ["find-generic-password", "-s", "Claude Code-credentials"], { timeout: 5000 });
    return "signed in (keychain)";
  } catch {
    return null; // No such entry.
  }
}
