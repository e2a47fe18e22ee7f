/**
 * Checks that Claude Code has something to sign in with: the server's, where one runs, for tasks
 * run with that.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { credentialsIn, credentialVariable } from "../../config/credentials.ts";
import type { WorkerClient } from "../../client/worker-client.ts";
import type { ConfigView } from "../../contract/views/config.ts";
import { fail, ok } from "./check.ts";
import type { Check } from "./check.ts";

type Env = Readonly<Record<string, string | undefined>>;

const name = "Credentials";

/**
 * @param env what an agent would get of this call's environment: what counts while no server runs.
 * @param server what the running server says of its own environment; null: none answers.
 */
export async function checkCredentials(env: Env, server: ConfigView["environment"] | null = null): Promise<Check> {
  const found = (server === null ? credentialsIn(env) : server.credentials) ?? (await fromKeychain());
  if (found !== null) return ok(name, server === null ? found : `the server's: ${found}`);
  const own = credentialVariable(env);
  if (server === null || own === null) {
    return fail(
      name,
      server === null ? "nothing to sign in with was found" : "the server has nothing to sign in with",
      "Run `claude-worker claude` and sign in, or set ANTHROPIC_API_KEY, then restart the server: claude-worker server restart",
    );
  }
  return fail(
    name,
    `the server has nothing to sign in with; this shell has: ${own}`,
    "Restart the server from this shell: claude-worker server restart",
  );
}

/** Tries the server's credentials. */
export async function checkByProbe(client: Pick<WorkerClient, "probeServer">): Promise<Check> {
  const { works, outcome, message } = await client.probeServer();
  if (works) return ok("Probe", "Claude's API answers with the server's credentials");
  const fix =
    outcome === "auth_failed" ? "Sign in again (claude-worker claude), or set a valid key and: claude-worker server restart" : null;
  return fail("Probe", message, fix);
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
