/**
 * Scripts run by a user without rights. Root may read and write everything, so there it becomes
 * another user for this.
 */
import { execFileSync } from "node:child_process";

const nobody = 65_534;

/** What the module `script` prints; null when that user cannot even read Node or the source. */
export function printedByUnprivileged(script: string): string | null {
  const user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
  try {
    const options = { encoding: "utf8", cwd: "/", stdio: "pipe", ...user } as const;
    return execFileSync(process.execPath, ["--input-type=module", "-e", script], options).trim();
  } catch {
    // It ended with an error: the other user may not read what it needs.
    return null;
  }
}
