/**
 * Names the account that tasks run with by a fingerprint of its credentials. The credentials
 * themselves are not kept, shown or sent.
 */
import { createHmac } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The variables that decide which account pays and whose limits count. */
const decisive =
  /^(ANTHROPIC_(API_KEY|AUTH_TOKEN|BASE_URL|CUSTOM_HEADERS|PROFILE|(BEDROCK|VERTEX|FOUNDRY|AWS)_\w+)|CLAUDE_CODE_OAUTH_TOKEN|CLAUDE_CODE_USE_\w+|CLAUDE_CONFIG_DIR|AWS_(PROFILE|REGION|ACCESS_KEY_ID|BEARER_TOKEN_BEDROCK))$/;

/**
 * Returns a function that gives the current fingerprint, because the sign-in in Claude Code's own
 * file may change while a server runs.
 * @param env the agent's environment
 * @param key keyed hash: without it the fingerprint cannot be used to guess a credential
 * @param hasSignIn whether Claude Code's own sign-in counts, too
 */
export function accountFingerprint(env: Readonly<Record<string, string>>, key: string, hasSignIn = true): () => string {
  const variables = Object.entries(env)
    .filter(([name]) => decisive.test(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const file = join(env["CLAUDE_CONFIG_DIR"] ?? env["HOME"] ?? homedir(), ".claude.json");
  let modifiedMs = -1;
  let fingerprint = "";
  return () => {
    if (!hasSignIn && fingerprint !== "") return fingerprint;
    const now = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (now !== modifiedMs || fingerprint === "") {
      modifiedMs = now;
      const parts = JSON.stringify([variables, hasSignIn ? signedInAs(file) : null]);
      fingerprint = createHmac("sha256", key).update(parts).digest("hex").slice(0, 12);
    }
    return fingerprint;
  };
}

/** The account of Claude Code's own sign-in; null: there is none, or the file cannot be read. */
function signedInAs(file: string): string | null {
  try {
    const { oauthAccount } = JSON.parse(readFileSync(file, "utf8")) as { oauthAccount?: { accountUuid?: unknown } };
    return typeof oauthAccount?.accountUuid === "string" ? oauthAccount.accountUuid : null;
  } catch {
    return null;
  }
}
