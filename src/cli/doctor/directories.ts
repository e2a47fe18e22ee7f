/** Checks that state can be written, that others cannot read it, and that there is room. */
import { accessSync, chmodSync, constants, existsSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { variableOf } from "../../config/paths.ts";
import type { Paths } from "../../config/paths.ts";
import { fail, ok, warn } from "./check.ts";
import type { Check } from "./check.ts";

const gigabyte = 1024 ** 3;
const fewBytes = gigabyte;
const tooFewBytes = 0.1 * gigabyte;

/** The data directory, and the logs and the database where they are elsewhere. */
export function checkDirectories(paths: Paths): Check[] {
  const { home, logs, database } = paths;
  const places: readonly [string, string][] = [
    ["Data directory", home],
    ["Logs", logs],
    ["Database", dirname(database)],
  ];
  return places
    .filter(([name, path]) => name === "Data directory" || !`${path}/`.startsWith(`${home}/`))
    .map(([name, path]) => checkDirectory(name, path, variableOf(path, paths)));
}

/** @param variable names another place. */
function checkDirectory(name: string, path: string, variable: string): Check {
  const place = existing(path);
  if (!statSync(place).isDirectory())
    return fail(name, `${place} is not a directory`, `Move it away, or choose another place: ${variable}`);
  if (!isWritable(place))
    return fail(name, `${path} cannot be written`, `Make it writable for this user, or choose another place: ${variable}`);
  if (place !== path) return ok(name, `${path} (will be made)`);
  const mode = statSync(path).mode & 0o777;
  if (name === "Data directory" && (mode & 0o077) !== 0) {
    const check = warn(
      name,
      `${path} is open to others (mode ${mode.toString(8)})`,
      "claude-worker doctor --fix, or start the server: it closes it",
    );
    return { ...check, repair: async () => chmodSync(path, 0o700) };
  }
  return ok(name, path);
}

export async function checkDisk({ home }: Paths): Promise<Check> {
  const { bavail, bsize } = await statfs(existing(home));
  return checkFreeSpace(bavail * bsize, home);
}

/** @param freeBytes for this user. */
export function checkFreeSpace(freeBytes: number, home: string): Check {
  const text = `${(freeBytes / gigabyte).toFixed(1)} GB free for ${home}`;
  if (freeBytes < tooFewBytes) return fail("Disk", text, "Make room: new tasks are refused when the disk is full");
  if (freeBytes < fewBytes) return warn("Disk", text, "Make room soon: logs and the database grow");
  return ok("Disk", text);
}

/** The path, or the nearest directory above it that exists. */
function existing(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : existing(dirname(path));
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false; // Not for us, or on a read-only disk.
  }
}
