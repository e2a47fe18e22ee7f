/** Says what sandboxed commands of a task may see and write. */
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
}

/** @param home the user's. */
export function sandboxOrder({ paths, task, directory, repository }: SandboxedTask, home = process.env["HOME"] || homedir()): SandboxOrder {
  const temporary = temporaryPath(paths, task.id);
  const git = repository ?? gitOf(directory);
  return {
    directory: join(paths.home, "sandbox", String(task.id)),
    mode: task.sandbox === "on" ? "on" : "auto",
    hosts: task.sandboxAllowHosts,
    secretNames,
    denyRead: [...ownPaths(paths), paths.run, dirname(paths.config), ...credentialPlaces.map((place) => join(home, place))],
    allowRead: [directory, temporary],
    allowWrite: [directory, temporary, ...(git === null ? [] : [git])],
    // Programs that git would run later, outside of the sandbox.
    denyWrite: git === null ? [] : [join(git, "hooks"), join(git, "config")],
  };
}

/** The git directory of a directory in place: commits write there. */
function gitOf(directory: string): string | null {
  const git = gitAbove(directory);
  if (git === null) return null;
  const main = mainCheckoutOf(dirname(git));
  return main === null ? git : join(main, ".git");
}
