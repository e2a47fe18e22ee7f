/** Where `claude-worker` itself is: the launcher that a service starts. */
import { fileURLToPath } from "node:url";

/** Absolute path of bin/claude-worker. */
export function launcherPath(): string {
  return fileURLToPath(new URL("../../../bin/claude-worker", import.meta.url));
}
