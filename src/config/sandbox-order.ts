/** Says what sandboxed commands of a task may see and write. */
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { SandboxMode, SandboxOrder } from "../domain/task/sandbox.ts";
import { claudeCodeNames, switchedNames } from "./agent-env-names.ts";
import { gitAbove, mainCheckoutOf } from "./main-checkout.ts";
import { ownPaths, temporaryPath } from "./paths.ts";
import type { Paths } from "./paths.ts";

/** Where people and programs keep credentials, below the user's home. */
const credentialPlaces = [
  ".ssh",
  ".aws",
  ".azure",
  ".gnupg",
  ".kube",
  ".docker",
  ".netrc",
  ".npmrc",
  ".yarnrc.yml",
  ".pypirc",
  ".git-credentials",
  ".password-store",
  ".claude.json",
  ".claude/.credentials.json",
  ".config/gh",
  ".config/gcloud",
  ".config/git/credentials",
  ".cargo/credentials.toml",
  ".gem/credentials",
  ".terraform.d",
  ".vault-token",
];

/** So many directories are looked at for submodules. */
const mostModules = 500;

/** Names of variables that hold credentials. */
const secretNames = [...claudeCodeNames, ...switchedNames.flatMap(({ names }) => names)].filter((name) =>
  /(KEY|TOKEN|SECRET|PASSWORD|HEADERS|CREDENTIALS)(_|$)/.test(name),
);

export interface SandboxedTask {
  readonly paths: Paths;
  readonly task: { readonly id: number; readonly sandbox: SandboxMode; readonly sandboxAllowHosts: readonly string[] };
  /** The top of the task's worktree, or its working directory. */
  readonly directory: string;
  /** The common git directory; null: none, or not known. */
  readonly repository: string | null;
  /** Whether the directory is a worktree that is made for the task. */
  readonly isWorktree: boolean;
  /** Default: the task's own. */
  readonly temporary?: string;
  /** Of the directory with the sandbox's files. Default: the task's number. */
  readonly name?: string;
}

/**
 * What commits in a worktree write in the common git directory. All else there stays as it is: a
 * file in it (`commondir`) can name another configuration, with programs that git runs later.
 */
const sharedPlaces = ["objects", "refs", "logs", "lfs", "rr-cache"];

/** @param home the user's. */
export function sandboxOrder(of: SandboxedTask, home = process.env["HOME"] || homedir()): SandboxOrder {
  const { paths, task, directory, temporary = temporaryPath(paths, task.id), name = String(task.id) } = of;
  const { repository, worktree } = gitOf(of);
  const git =
    worktree === null ? wholeGit(repository) : { allowWrite: sharedPlaces.map((each) => join(worktree.repository, each)), denyWrite: [] };
  return {
    directory: join(paths.home, "sandbox", name),
    mode: task.sandbox === "on" ? "on" : "auto",
    hosts: task.sandboxAllowHosts,
    secretNames,
    denyRead: [...ownPaths(paths), paths.run, dirname(paths.config), ...credentialPlaces.map((place) => join(home, place))],
    allowRead: [directory, temporary],
    allowWrite: [directory, temporary, ...git.allowWrite],
    denyWrite: git.denyWrite,
    ...(worktree === null ? {} : { worktree }),
  };
}

/**
 * A checkout's own git directory: git makes lock files at its top. What names programs there is
 * denied. Places that are not there are not named where git would stumble over a placeholder.
 */
function wholeGit(git: string | null): Pick<SandboxOrder, "allowWrite" | "denyWrite"> {
  if (git === null) return { allowWrite: [], denyWrite: [] };
  const others = [join(git, "worktrees"), ...modulePlaces(join(git, "modules"), mostModules)].filter((place) => existsSync(place));
  return { allowWrite: [git], denyWrite: [join(git, "hooks"), join(git, "config"), join(git, "config.worktree"), ...others] };
}

/** Where submodules have configuration and hooks. Their names may have slashes. */
function modulePlaces(directory: string, most: number): string[] {
  const places: string[] = [];
  const open = [directory];
  for (let looked = 0; looked < most; looked += 1) {
    const next = open.shift();
    if (next === undefined) break;
    if (existsSync(join(next, "HEAD"))) places.push(join(next, "config"), join(next, "hooks"));
    const below = existsSync(join(next, "HEAD")) ? join(next, "modules") : next;
    for (const each of directoriesIn(below)) open.push(join(below, each));
  }
  return places;
}

function directoriesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((each) => (each.isDirectory() ? [each.name] : []));
  } catch {
    // There are no submodules.
    return [];
  }
}

interface GitPlaces {
  /** The git directory of a directory in place; null: there is none. */
  readonly repository: string | null;
  readonly worktree: NonNullable<SandboxOrder["worktree"]> | null;
}

/** A person's own worktree counts like one of ours. */
function gitOf({ directory, repository, isWorktree }: SandboxedTask): GitPlaces {
  if (isWorktree && repository !== null) return { repository, worktree: { path: directory, repository } };
  const git = gitAbove(directory);
  if (git === null) return { repository, worktree: null };
  const main = mainCheckoutOf(dirname(git));
  if (main === null) return { repository: repository ?? git, worktree: null };
  // Worktrees of a bare repository have no main checkout.
  const common = existsSync(join(main, ".git")) ? join(main, ".git") : main;
  return { repository, worktree: { path: dirname(git), repository: repository ?? common } };
}
