/** Finds the Claude Code that comes with the Agent SDK. */
import { createRequire } from "node:module";

const sdk = "@anthropic-ai/claude-agent-sdk";

/** The binary that comes with the SDK, where the SDK itself looks for it. */
export function ownBinary(): string | null {
  try {
    const fromSdk = createRequire(createRequire(import.meta.url).resolve(sdk));
    return firstOf(
      platformPackages().map((name) => () => fromSdk.resolve(`${name}/${process.platform === "win32" ? "claude.exe" : "claude"}`)),
    );
  } catch {
    return null; // Not even the SDK is installed.
  }
}

function platformPackages(): string[] {
  const name = `${sdk}-${process.platform}-${process.arch}`;
  return process.platform === "linux" ? [name, `${name}-musl`] : [name];
}

function firstOf(tries: readonly (() => string)[]): string | null {
  for (const attempt of tries) {
    try {
      return attempt();
    } catch {
      // Not installed: the next one.
    }
  }
  return null;
}
