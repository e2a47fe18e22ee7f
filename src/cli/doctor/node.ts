/** Checks this Node: the launcher has chosen it, and the server and the runners use the same. */
import { fail, ok } from "./check.ts";
import type { Check } from "./check.ts";

const needed = [22, 14] as const;

/** @param version as in `process.versions.node`. The rule is the launcher's (bin/claude-worker). */
export function checkNode(version: string, path: string): Check {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isEnough = major > 23 || (major === 23 && minor >= 6) || (major === needed[0] && minor >= needed[1]);
  if (isEnough) return ok("Node", `${version} (${path})`);
  return fail("Node", `${version} is too old: ${needed.join(".")} or newer is needed`, "Install a newer Node from https://nodejs.org");
}
