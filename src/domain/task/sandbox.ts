/**
 * Defines the sandbox of a task: Claude Code's own for Bash, and the same for the commands that
 * Claude Worker runs.
 */

/** `auto`: where the machine has one. `on`: else the task fails. `off`: none is asked for. */
export const sandboxModes = ["auto", "on", "off"] as const;
export type SandboxMode = (typeof sandboxModes)[number];

/** Most hosts of one task. */
export const maxSandboxHosts = 100;

/** The stricter of two: a task's children cannot leave its sandbox. */
export function stricterSandbox(one: SandboxMode, other: SandboxMode): SandboxMode {
  if (one === "on" || other === "on") return "on";
  return one === "auto" || other === "auto" ? "auto" : "off";
}

const hostShape = /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(:\d{1,5})?$/i;

/** What is wrong with a host, as the end of a sentence; null: nothing. */
export function hostProblem(host: string): string | null {
  if (host === "*") return "would be every host. Leave the sandbox off instead";
  if (host.includes("/")) return "is an address. Give the host alone, like packages.example.org";
  const { length } = host.replace(/^\*\./, "").split(".");
  if (host.startsWith("*.") && length < 2) return "is too wide. Give a domain, like *.example.org";
  return hostShape.test(host) ? null : "is not a host. Give one like packages.example.org or *.example.org";
}

/** What a sandboxed task may see and write. Absolute paths. */
export interface SandboxPlaces {
  readonly denyRead: readonly string[];
  /** Below those of `denyRead`. */
  readonly allowRead: readonly string[];
  readonly allowWrite: readonly string[];
  readonly denyWrite: readonly string[];
}

/** The sandbox of an attempt. */
export interface SandboxOrder extends SandboxPlaces {
  /** For files of the attempt's sandbox: absolute, in the data directory. */
  readonly directory: string;
  readonly mode: Exclude<SandboxMode, "off">;
  readonly hosts: readonly string[];
  /** Variables that hold credentials: sandboxed commands do not get them. */
  readonly secretNames: readonly string[];
  /** Git's own directory of this worktree is found once it is made. Absent: it is not one. */
  readonly worktree?: { readonly path: string; readonly repository: string };
}

/** Files by which git finds the configuration of a worktree: whose they are may name programs. */
const pointers = ["commondir", "gitdir", "config.worktree"];

/**
 * The order for a worktree that is there.
 * @param entry git's own directory of it; null: git does not know it.
 */
export function withEntry(order: SandboxOrder, entry: string | null): SandboxOrder {
  if (entry === null) return order;
  return {
    ...order,
    allowWrite: [...order.allowWrite, entry],
    denyWrite: [...order.denyWrite, ...pointers.map((name) => `${entry}/${name}`)],
  };
}

/** The same as Claude Code's settings have it. */
export function claudeSandbox({ hosts, secretNames, denyRead, allowRead, allowWrite, denyWrite }: SandboxOrder): Record<string, unknown> {
  return {
    enabled: true,
    failIfUnavailable: true,
    autoAllowBashIfSandboxed: true,
    allowUnsandboxedCommands: false,
    network: { allowedDomains: [...hosts], strictAllowlist: true, allowLocalBinding: true },
    filesystem: { denyRead: [...denyRead], allowRead: [...allowRead], allowWrite: [...allowWrite], denyWrite: [...denyWrite] },
    credentials: { envVars: secretNames.map((name) => ({ name, mode: "deny" })) },
  };
}

/**
 * The same as Anthropic's sandbox runtime has it.
 * @param ripgrep the program that it searches with.
 */
export function runtimeSandbox(order: SandboxOrder, ripgrep: string): Record<string, unknown> {
  const { hosts, denyRead, allowRead, allowWrite, denyWrite } = order;
  return {
    ripgrep: { command: ripgrep },
    network: { allowedDomains: [...hosts], deniedDomains: [], strictAllowlist: true, allowLocalBinding: true },
    filesystem: { denyRead: [...denyRead], allowRead: [...allowRead], allowWrite: [...allowWrite], denyWrite: [...denyWrite] },
  };
}
