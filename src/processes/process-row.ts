/** Defines a row of the list of processes, from /proc or `ps`. */

export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  /**
   * Whether it can run an instruction. False for a process that has ended and waits to be reaped
   * (states Z and X), and for one whose memory the kernel still frees, which takes tens of
   * milliseconds (docs/decisions/0005). Both still answer `kill(pid, 0)`. `ps` shows only the
   * first.
   */
  readonly alive: boolean;
  /** Whether its memory, files and sockets are also freed: only its exit code is left. */
  readonly freed: boolean;
  /**
   * When it started, in a form of this system (opaque). Identifies a process together with the pid,
   * until the next boot.
   */
  readonly start: string;
}
