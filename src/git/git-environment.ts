/**
 * The environment and the settings that every git of ours gets: nothing that a repository's
 * configuration names is run, and nothing of the caller's `GIT_` variables counts.
 */
import { taskVariables } from "../domain/task/task-variables.ts";

/** A setting that outweighs the repository's. */
export type Override = readonly [key: string, value: string];

/**
 * What a call does. `read`: writes nothing, also not a refreshed index. `write`: adds objects, refs
 * or entries of an index of ours. `complete`: like `write`, and objects that a partial clone lacks
 * may be fetched. `checkout`: makes files of a work tree, so filters run, too. The last two only in
 * a trusted directory.
 */
export type GitUse = "read" | "write" | "complete" | "checkout";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Every event of git that has hooks (githooks(5)). Since git 2.54 settings define hooks, too, which
 * `core.hooksPath` does not turn off; since 2.55 `hook.EVENT.enabled` turns off all of an event.
 */
const hookEvents = [
  "applypatch-msg",
  "pre-applypatch",
  "post-applypatch",
  "pre-commit",
  "pre-merge-commit",
  "prepare-commit-msg",
  "commit-msg",
  "post-commit",
  "pre-rebase",
  "post-checkout",
  "post-merge",
  "pre-push",
  "pre-receive",
  "update",
  "proc-receive",
  "post-receive",
  "post-update",
  "reference-transaction",
  "push-to-checkout",
  "pre-auto-gc",
  "post-rewrite",
  "sendemail-validate",
  "fsmonitor-watchman",
  "p4-changelist",
  "p4-prepare-changelist",
  "p4-post-changelist",
  "p4-pre-submit",
  "post-index-change",
];

/** Passed as arguments: every version of git knows them. */
export const fixedOverrides: readonly Override[] = [
  ["core.hooksPath", "/dev/null"],
  ...hookEvents.map((event) => [`hook.${event}.enabled`, "false"] as const),
  ["core.fsmonitor", "false"],
  ["core.pager", "cat"],
  ["diff.external", ""],
  // It may name a file that is only there in the main checkout, and then git shows no difference.
  ["diff.orderFile", "/dev/null"],
  ["log.showSignature", "false"],
  // A key's passphrase would be asked for where there is no terminal.
  ["commit.gpgSign", "false"],
  ["tag.gpgSign", "false"],
  ["push.gpgSign", "false"],
  // No repository inside of the tree counts that is not one in the usual form.
  ["safe.bareRepository", "explicit"],
  ["submodule.recurse", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  // What a command says last is why it failed.
  ["advice.graftFileDeprecated", "false"],
  // A file with mixed line ends is taken, too.
  ["core.safecrlf", "false"],
  // A file counts as unchanged only where all that the disk says of it is the same.
  ["core.trustctime", "true"],
  ["core.checkStat", "default"],
  ["core.ignoreStat", "false"],
  ["core.untrackedCache", "false"],
  ...(process.platform === "linux" ? [["core.ignoreCase", "false"] as const] : []),
  // Others may hold a lock for a moment.
  ["core.filesRefLockTimeout", "3000"],
  ["core.packedRefsTimeout", "10000"],
];

/** The settings that name programs for single files: they are listed, and each is disabled. */
export const driverPattern = String.raw`^(filter|merge|diff)\..*\.(clean|smudge|process|driver|command|textconv)$`;

/** The settings that define hooks: git 2.54 turns each off by its name only. */
export const hookPattern = String.raw`^hook\..*\.(command|event|enabled)$`;

export function isHook(key: string): boolean {
  return key.startsWith("hook.");
}

/** Turns a hook off that a setting defines. */
export function withoutHook(key: string): readonly Override[] {
  return [[`${key.slice(0, key.lastIndexOf("."))}.enabled`, "false"]];
}

/**
 * Disables a program that git would run for a file. A filter then leaves content as it is. A merge
 * ends with a conflict, because an empty command would silently take one side.
 */
export function withoutDriver(key: string): readonly Override[] {
  const name = key.slice(0, key.lastIndexOf("."));
  if (name.startsWith("merge.")) return [[key, "false"]];
  return name.startsWith("filter.")
    ? [
        [key, ""],
        [`${name}.required`, "false"],
      ]
    : [[key, ""]];
}

const passedNames = ["PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", taskVariables.runner];

/**
 * @param env the caller's. A checkout gets all of it but `GIT_` variables: a filter or a fetch may
 * need it.
 * @param own variables of ours, like `GIT_INDEX_FILE`.
 */
export function gitEnvironment(env: Environment, use: GitUse, overrides: readonly Override[], own: Environment): NodeJS.ProcessEnv {
  const mayFetch = use === "checkout" || use === "complete";
  const names = mayFetch ? Object.keys(env).filter((name) => !name.startsWith("GIT_")) : passedNames;
  const settings = overrides.flatMap(([key, value], n) => [
    [`GIT_CONFIG_KEY_${n}`, key],
    [`GIT_CONFIG_VALUE_${n}`, value],
  ]);
  return {
    ...Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
    ...(Object.fromEntries(settings) as Record<string, string>),
    ...(overrides.length === 0 ? {} : { GIT_CONFIG_COUNT: String(overrides.length) }),
    ...(mayFetch ? {} : { GIT_ALLOW_PROTOCOL: "none", GIT_NO_LAZY_FETCH: "1" }),
    ...(use === "read" ? { GIT_OPTIONAL_LOCKS: "0" } : {}),
    // An object is what its name says, and a commit has the parents that it was made with.
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_GRAFT_FILE: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_PAGER: "cat",
    GIT_EDITOR: "false",
    LC_ALL: "C",
    ...own,
  };
}
