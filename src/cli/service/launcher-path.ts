/** Where `claude-worker` itself is: the launcher that a service starts. */
import { fileURLToPath } from "node:url";

/** Absolute path of bin/claude-worker, from the bundle (dist/) as from the source (src/cli/service/). */
export function launcherPath(): string {
  const { url } = import.meta;
  return fileURLToPath(new URL(url.endsWith(".ts") ? "../../../bin/claude-worker" : "../bin/claude-worker", url));
}
