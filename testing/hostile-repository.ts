/** Makes a repository whose configuration names a program for everything that git could run. */
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { TestRepository } from "./git-repository.ts";

/** Every hook that a command of ours could run. */
const hooks = [
  "applypatch-msg",
  "pre-commit",
  "post-commit",
  "post-checkout",
  "post-index-change",
  "post-merge",
  "post-rewrite",
  "pre-rebase",
  "fsmonitor-watchman",
  "reference-transaction",
];

export interface Trap {
  /** What was run so far, a line each. */
  ran(): string[];
}

/** Puts the traps into a repository that has the files `a` and `b`. */
export function makeHostile({ place, git, file }: TestRepository): Trap {
  const proof = path.join(place.home, "was-run");
  const program = file(".git/evil");
  writeFileSync(program, `#!/bin/sh\necho "$0 $*" >> '${proof}'\ncat\n`);
  chmodSync(program, 0o755);
  const hooksDirectory = file(".git/evil-hooks");
  mkdirSync(hooksDirectory);
  for (const hook of hooks) writeFileSync(path.join(hooksDirectory, hook), readFileSync(program), { mode: 0o755 });
  const attributes = file(".git/evil-attributes");
  writeFileSync(attributes, "* diff=evil merge=evil\n");
  const settings: [string, string][] = [
    ["core.fsmonitor", program],
    ["core.hooksPath", hooksDirectory],
    ["core.pager", program],
    ["core.editor", program],
    ["core.sshCommand", program],
    ["core.askPass", program],
    ["core.attributesFile", attributes],
    ["credential.helper", program],
    ["diff.external", program],
    ["diff.evil.command", program],
    ["diff.evil.textconv", program],
    ["merge.evil.driver", program],
    ["filter.Evil-One.clean", program],
    ["filter.Evil-One.smudge", program],
    ["filter.Evil-One.required", "true"],
    ["filter.two.process", program],
    ["filter.dotted=and.equal.clean", program],
    ["gpg.program", program],
    ["commit.gpgSign", "true"],
    ["log.showSignature", "true"],
    ["pager.status", program],
    ["pager.log", program],
    ["alias.status", `!${program}`],
    ["alias.evil", `!${program}`],
    ["sequence.editor", program],
    ["interactive.diffFilter", program],
    ["uploadpack.packObjectsHook", program],
  ];
  // Since git 2.54 settings define hooks. Older versions know nothing of them.
  for (const hook of hooks) settings.push([`hook.evil=${hook}.x.event`, hook], [`hook.evil=${hook}.x.command`, `${program} named`]);
  settings.push(["hook.evil=post-checkout.x.enabled", "true"]);
  for (const [key, value] of settings) git("config", key, value);
  mkdirSync(file(".git/info"), { recursive: true });
  appendFileSync(file(".git/info/attributes"), "* filter=two\na filter=Evil-One\nb filter=dotted=and.equal\n");
  return { ran: () => (existsSync(proof) ? readFileSync(proof, "utf8").trim().split("\n") : []) };
}
