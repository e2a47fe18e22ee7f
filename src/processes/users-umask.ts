/**
 * Keeps files of this process private, and lets the processes of tasks make files as the person's
 * own programs do. A process has one umask, and a child inherits it.
 */

/** The umask that this process was started with; null: it was not changed. */
let ofUser: number | null = null;

/** Sets umask 077 for everything that this process makes itself. */
export function keepFilesPrivate(): void {
  const before = process.umask(0o077);
  ofUser ??= before;
}

/** Does something with the person's umask, e.g. starts a process. It must not wait. */
export function withUsersUmask<T>(work: () => T): T {
  if (ofUser === null) return work();
  const own = process.umask(ofUser);
  try {
    return work();
  } finally {
    process.umask(own);
  }
}
