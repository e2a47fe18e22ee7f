/** Reads the difference between two states as a patch. Runs no program of the repository. */
import type { Git } from "./git.ts";

const timeoutMs = 60_000;

/**
 * @param bytes most of it that is given; what is longer is cut and says so. @throws GitProblem,
 * also where git prints more than its limit.
 */
export async function patchText(git: Git, from: string, to: string, bytes: number): Promise<string> {
  const args = ["diff-tree", "-r", "-p", "-M", "--no-color", "--submodule=short", "--ignore-submodules=none", from, to, "--"];
  const output = await git.run(args, { timeoutMs, isPlain: true });
  if (output.length <= bytes) return output.toString("utf8");
  return `${output.subarray(0, bytes).toString("utf8")}\n(cut: the difference has ${output.length} bytes)`;
}
