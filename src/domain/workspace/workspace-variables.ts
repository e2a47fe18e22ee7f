/** Defines what sets one worktree apart from the others: its ports and its variables. */

/** So many ports belong to one worktree. */
export const portsEach = 10;
/** Below the ports that Linux and macOS give to outgoing connections. */
const firstPort = 20_000;
const blocks = 1_200;

/** The variables of a task with a worktree: Claude, the set-up and the verify commands get them. */
export const workspaceVariableNames = {
  port: "WORKER_PORT",
  temporary: "TMPDIR",
  project: "COMPOSE_PROJECT_NAME",
} as const;

/**
 * The first port of a free block; null: all blocks are in use.
 * @param taken the first ports of the blocks in use. @param home the data directory, which says
 * where the search begins: two data directories of one machine rarely get the same ports.
 */
export function freePorts(taken: ReadonlySet<number>, home: string): number | null {
  const seed = Buffer.from(home).reduce((sum, byte) => (sum * 31 + byte) % 1_000_003, 7);
  for (let step = 0; step < blocks; step += 1) {
    const port = firstPort + ((seed + step) % blocks) * portsEach;
    if (!taken.has(port)) return port;
  }
  return null;
}

/** The ports of a block, in order. @param first null: the worktree has none. */
export function portsFrom(first: number | null): number[] {
  return first === null ? [] : Array.from({ length: portsEach }, (_, at) => first + at);
}

export interface WorkspacePlace {
  /** Its first port; null: it has none. */
  readonly ports: number | null;
  /** A private directory for temporary files. */
  readonly temporary: string;
  /** Names its containers and networks: lower-case letters, digits, hyphens. */
  readonly project: string;
}

/** `WORKER_PORT` is the first port, `WORKER_PORT_1` to `WORKER_PORT_9` are the others. */
export function workspaceVariables({ ports, temporary, project }: WorkspacePlace): Record<string, string> {
  const { temporary: directory, project: name } = workspaceVariableNames;
  return { ...portVariables(portsFrom(ports)), [directory]: temporary, [name]: project };
}

/** @param ports of a worktree, in order; empty: it has none. */
export function portVariables(ports: readonly number[]): Record<string, string> {
  const { port } = workspaceVariableNames;
  return Object.fromEntries(ports.map((each, at) => [at === 0 ? port : `${port}_${at}`, String(each)]));
}
