/** One row of the list of processes, wherever the list comes from. */

export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  /**
   * Whether it can run an instruction of its own. False for what has ended and only waits to be
   * reaped (states Z and X), and for what the kernel still takes apart, which needs tens of
   * milliseconds (docs/decisions/0005): both still answer `kill(pid, 0)`. `ps` tells only of the
   * first.
   */
  readonly alive: boolean;
  /**
   * Whether its memory, files and sockets are given back, too: nothing is left of it but its exit
   * code.
   */
  readonly freed: boolean;
  /**
   * When it started, as this system counts (opaque): with the pid it names one process until the
   * next boot.
   */
  readonly start: string;
}
