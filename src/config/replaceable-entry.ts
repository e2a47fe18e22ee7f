/**
 * Looks on the way to a file or directory for an entry that another user can rename or remove, and
 * so replace by another one. Links are followed step by step, as the system follows them.
 */
import { lstatSync, readlinkSync, realpathSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { mayReplace } from "./others-can-write.ts";

export interface ReplaceableEntry {
  /** The directory that another user can write. */
  readonly holder: string;
  readonly stats: Stats;
  /** The directory, link or file in it. It may be missing. */
  readonly entry: string;
}

/** Links on one way; the system allows as many. */
const mostLinks = 40;

/**
 * The first such entry on the way; null: there is none. A missing entry counts as one that this
 * user will make. What is above the home directory of this user's account is not judged: a user who
 * can replace that one has the account already.
 */
export function replaceableEntry(place: string): ReplaceableEntry | null {
  if (process.getuid === undefined) return null;
  try {
    return firstOnTheWay(place);
  } catch {
    return null; // A directory cannot be entered: opening the place reports the reason.
  }
}

function firstOnTheWay(place: string): ReplaceableEntry | null {
  const names = namesOf(resolve(place));
  let holder = "/";
  for (let links = 0; names.length > 0;) {
    const name = names.shift() ?? "";
    if (name === "..") {
      holder = dirname(holder);
      continue;
    }
    const entry = join(holder, name);
    const stats = lstatSync(entry, { throwIfNoEntry: false });
    const found = { holder, stats: statSync(holder), entry };
    if (mayReplace(withRoot(found.stats), stats) && !isAboveAccount(entry)) return found;
    if (stats === undefined) return null;
    if (!stats.isSymbolicLink()) {
      holder = entry;
      continue;
    }
    links += 1;
    if (links > mostLinks) return null;
    const target = readlinkSync(entry);
    if (target.startsWith("/")) holder = "/";
    names.unshift(...namesOf(target));
  }
  return null;
}

function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

/**
 * In a user namespace without root (a sandbox, a rootless container) the files of root have another
 * owner. It is the one that the topmost directory has.
 */
function withRoot(stats: Stats): Pick<Stats, "uid" | "gid" | "mode"> {
  const { uid, gid, mode } = stats;
  return { uid: uid === statSync("/").uid ? 0 : uid, gid, mode };
}

/** Whether the home directory of this user's account is in this directory, or is this directory. */
function isAboveAccount(entry: string): boolean {
  const home = accountHome();
  return home !== null && [home, realpathSync.native(home)].some((path) => `${path}/`.startsWith(`${entry}/`));
}

/** As the system has it: the variable HOME may name any directory. */
function accountHome(): string | null {
  try {
    return userInfo().homedir;
  } catch {
    return null; // The user has no entry, as in some containers.
  }
}
