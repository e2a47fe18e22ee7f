/**
 * Checks whether another user could have written a file or could add one to a directory. Root does
 * not count, because root can do everything.
 */
import { readFileSync } from "node:fs";
import type { Stats } from "node:fs";
import { userInfo } from "node:os";

type Ownership = Pick<Stats, "uid" | "gid" | "mode">;

/** Whether this user or root owns it. True on systems without users. */
export function isOurs({ uid }: Pick<Stats, "uid">): boolean {
  return process.getuid === undefined || uid === process.getuid() || uid === 0;
}

/** Whether a user other than this one and root owns it, or may write to it. */
export function othersCanWrite(stats: Ownership): boolean {
  if (process.getuid === undefined) return false;
  if (!isOurs(stats) || (stats.mode & 0o002) !== 0) return true;
  return (stats.mode & 0o020) !== 0 && !isPrivateGroup(stats.gid);
}

/**
 * Whether another user can rename or remove an entry of this directory, and put another one there.
 * With the sticky bit (`/tmp`) only the owners of the entry and of the directory can.
 * @param entry undefined: there is none yet, and this user will make it.
 */
export function mayReplace(holder: Ownership, entry: Pick<Stats, "uid"> | undefined): boolean {
  if (!othersCanWrite(holder)) return false;
  const isSticky = (holder.mode & 0o1000) !== 0;
  return !(isSticky && isOurs(holder) && (entry === undefined || isOurs(entry)));
}

let ownGroup: number | null | undefined;

/**
 * Whether the group has no other member than this user. Many systems give each user a group of the
 * same name and umask 002. Root's group does not count.
 */
function isPrivateGroup(gid: number): boolean {
  ownGroup ??= privateGroup();
  return gid === ownGroup;
}

function privateGroup(): number | null {
  try {
    const user = userInfo();
    if (user.uid === 0) return null;
    return isGroupOfOne(user, readFileSync("/etc/group", "utf8"), readFileSync("/etc/passwd", "utf8")) ? user.gid : null;
  } catch {
    // The members are not known: there is no such file, or a directory service has the groups.
    return null;
  }
}

/**
 * Whether the user's main group has the user's name and no other member.
 * @param groups the text of group(5). @param users the text of passwd(5).
 */
export function isGroupOfOne({ username, gid }: { username: string; gid: number }, groups: string, users: string): boolean {
  const [name, , , members = ""] = fieldsOf(groups).find(([, , id]) => Number(id) === gid) ?? [];
  const sharing = fieldsOf(users).filter(([, , , group]) => Number(group) === gid);
  const all = [...members.split(","), ...sharing.map(([user]) => user)];
  return name === username && all.every((member) => member === "" || member === username);
}

function fieldsOf(text: string): string[][] {
  return text.split("\n").map((line) => line.split(":"));
}
