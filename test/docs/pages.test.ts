/**
 * What the documentation promises about itself: links lead somewhere, commands exist, generated
 * parts are fresh.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { commandIndex, describeCommands, groups } from "../../src/cli/commandline/command-index.ts";
import { flagParts } from "../../src/cli/commandline/flags.ts";
import { commonOptions } from "../../src/cli/commandline/command.ts";
import { exitCodes } from "../../src/cli/commandline/exit-codes.ts";
import { repositoryRoot } from "../../testing/source-files.ts";
import { anchorsOf, commandLines, linksOf, pages } from "./pages.ts";

test("every link between pages leads to a file and a heading that are there", () => {
  const all = pages();
  const broken = all.flatMap((page) =>
    linksOf(page.text).flatMap((link) => {
      const [target = "", anchor] = link.split("#", 2);
      const file = target === "" ? page.file : path.join(path.dirname(page.file), target);
      if (!existsSync(path.join(repositoryRoot, file))) return [`${page.file}: ${link}: there is no such file`];
      if (anchor === undefined) return [];
      const text = all.find((other) => other.file === file)?.text ?? "";
      return anchorsOf(text).has(anchor) ? [] : [`${page.file}: ${link}: there is no such heading`];
    }),
  );
  assert.deepEqual(broken, []);
});

test("every claude-worker command on a documentation page exists, with its flags", async () => {
  const flags = await flagsByCommand();
  const wrong = pages().flatMap(({ file, text }) =>
    commandLines(text).flatMap((line) => problemsOf(line, flags).map((problem) => `${file}: ${line}: ${problem}`)),
  );
  assert.deepEqual(wrong, []);
});

test("every page that comes with the package finds what it links to there", async () => {
  const packed = (manifest().files ?? []).map((file) => path.join(repositoryRoot, file));
  const comesAlong = (file: string): boolean => {
    const place = path.join(repositoryRoot, file);
    return file === "README.md" || file === "LICENSE" || packed.some((each) => place === each || place.startsWith(`${each}${path.sep}`));
  };
  const lost = pages()
    .filter(({ file }) => comesAlong(file))
    .flatMap(({ file, text }) =>
      linksOf(text).map((link) => [file, path.join(path.dirname(file), link.split("#", 1)[0] || path.basename(file))]),
    )
    // The table of security measures names the test of each one; tests are in the repository only.
    .filter(([, target = ""]) => !comesAlong(target) && !target.startsWith("test/"));
  assert.deepEqual(lost, []);
  assert.ok(comesAlong("docs/README.md"));
});

test("the reference lists every exit code", () => {
  const reference = pages().find(({ file }) => file.endsWith("cli-reference.md"))?.text ?? "";
  const missing = Object.values(exitCodes).filter((code) => !reference.includes(`\n| ${code} |`));
  assert.deepEqual(missing, []);
});

test("every page is reached from the index", () => {
  const index = pages().find(({ file }) => file === "docs/README.md")?.text ?? "";
  const linked = new Set(linksOf(index).map((link) => path.join("docs", link)));
  const lost = pages().filter(({ file }) => file.startsWith("docs/") && !file.startsWith("docs/decisions/"));
  assert.deepEqual(
    lost.filter(({ file }) => file !== "docs/README.md" && !linked.has(file)).map(({ file }) => file),
    [],
  );
});

test("the generated parts of the documentation match the source", async () => {
  await promisify(execFile)(process.execPath, ["scripts/docs.ts", "--check"], { cwd: repositoryRoot });
});

function manifest(): { readonly files?: readonly string[] } {
  return JSON.parse(readFileSync(path.join(repositoryRoot, "package.json"), "utf8")) as { files?: string[] };
}

async function flagsByCommand(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const shortOf = (written: string): string[] => /^-\w/.exec(written)?.slice() ?? [];
  const common = [...commonOptions.flatMap((option) => [flagParts(option).long, ...shortOf(option.flags)]), "--help", "-h"];
  const named = (await describeCommands()).map(({ name, options = [] }) => {
    return [name, new Set([...common, ...options.flatMap((option) => [flagParts(option).long, ...shortOf(option.flags)])])] as const;
  });
  const aliases = commandIndex.flatMap(({ name, alias }) =>
    alias === undefined ? [] : [[alias, new Map(named).get(name) ?? new Set<string>()] as const],
  );
  return new Map([...named, ...aliases]);
}

const takesRunLine: ReadonlySet<string> = new Set(["schedule add", "schedule edit", "template add", "template edit"]);

function isFlag(word: string): boolean {
  return /^--?[a-z]/.test(word);
}

/** What is wrong with `claude-worker …`; words in capitals and `…` stand for anything. */
function problemsOf(line: string, flags: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const [, first = "", second = "", ...rest] = line.split(/\s+/);
  if (["", "--version", "--help", "help", "--install-node"].includes(first)) return [];
  // `mcp` is a command of its own and the first word of others.
  const isPair = flags.has(`${first} ${second}`) || Object.hasOwn(groups, first);
  if (isPair && (second === "" || second === "…")) return [];
  const name = isPair ? `${first} ${second}` : first;
  const known = flags.get(name);
  if (known === undefined) return [`there is no command "${name}"`];
  // Its words are Claude Code's.
  if (name === "claude") return [];
  const words = isPair ? rest : [second, ...rest];
  const end = words.indexOf("--");
  const own = end < 0 ? words : words.slice(0, end);
  // Behind `--` stands a line of `run`; elsewhere only words do, whatever they look like.
  const behind = end < 0 || !takesRunLine.has(name) ? [] : words.slice(end + 1);
  const ofRun = flags.get("run") ?? new Set();
  const unknown = [...own.filter((word) => isFlag(word) && !known.has(word)), ...behind.filter((word) => isFlag(word) && !ofRun.has(word))];
  return unknown.map((flag) => `there is no flag ${flag}`);
}
