/**
 * "From ten ideas to ten landed branches" of the user guide: each of its commands, in order, with
 * the real Claude Code. Two of the ideas change the same line, two fail only together, and one
 * passes its tests at the second try.
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { plainGit } from "../../testing/git-repository.ts";
import { step } from "../../testing/script.ts";
import type { Move, Script } from "../../testing/script.ts";
import { repositoryRoot } from "../../testing/source-files.ts";
import { worker } from "../../testing/worker.ts";
import { blocksOf } from "../docs/pages.ts";
import { bash, binDirectory } from "../docs/shell.ts";
import type { Ran } from "../docs/shell.ts";

/** Runs the example of each command of the repository, and finds a name that is there twice. */
const testProgram = `
import { readdirSync } from "node:fs";
const names = new Set();
for (const file of readdirSync("commands").sort()) {
  const { name, run, example } = await import(process.cwd() + "/commands/" + file);
  const [input, wanted] = example;
  if (run(input) !== wanted) { console.error(file + ": " + JSON.stringify(run(input)) + " is not " + JSON.stringify(wanted)); process.exit(1); }
  if (names.has(name)) { console.error("two commands are named " + name); process.exit(1); }
  names.add(name);
}
console.log(names.size + " commands");
`;

function command(name: string, body: string, input: string, wanted: string): string {
  return `export const name = ${JSON.stringify(name)};\nexport const run = (text) => ${body};\nexport const example = ${JSON.stringify([input, wanted])};\n`;
}

const reverse = command("reverse", '[...text].reverse().join("")', "abc", "cba");
const upper = command("upper", "text.toUpperCase()", "a", "A");
const words = (body: string): string => command("words", body, "one two", "2");
const title = command("title", "text.charAt(0).toUpperCase() + text.slice(1)", "one", "One");
const smallTitle = command("title", "text.charAt(0).toUpperCase() + text.slice(1).toLowerCase()", "one", "One");
const trim = command("trim", "text.trim()", " a ", "a");
const twice = command("twice", "text + text", "a", "aa");
const slug = (name: string, body: string): string => command(name, body, "a b", "a-b");
const quote = command("quote", "'<' + text + '>'", "a", "<a>");
const shout = command("shout", 'text + "!"', "a", "a!");

const byCharacter = slug("slug", 'text.replaceAll(" ", "-")');
const byWord = (name: string): string => slug(name, 'text.split(" ").join("-")');

const write = (file: string, text: string): Move => step.write(`commands/${file}.mjs`, text);
const done = step.text("Done.");

const ideas: readonly (readonly [idea: string, moves: readonly Move[]])[] = [
  ["Add a command that reverses a text", [write("reverse", reverse), done]],
  ["Add a command for capital letters", [write("upper", upper), step.bash("git add -A && git commit -qm upper"), done]],
  ["Add a command that counts words", [write("words", words("String(text.length)")), done]],
  ["Add a command that makes a title", [write("title", title), done]],
  ["Add a command that trims", [write("trim", trim), done]],
  ["Add a command that doubles a text", [write("twice", twice), step.bash("git add -A && git commit -qm twice"), done]],
  ["Add a command that makes an address of a title", [write("slug", byCharacter), done]],
  ["Add a command that joins words by hyphens", [write("slug-words", byWord("slug")), done]],
  [
    "Add quotes and say so in the first line of the README",
    [step.edit("README.md", "# Texts", "# Texts and quotes"), write("quote", quote), done],
  ],
  [
    "Add shouts and say so in the first line of the README",
    [step.edit("README.md", "# Texts", "# Texts and shouts"), write("shout", shout), done],
  ],
];

const script: Script = {
  ...Object.fromEntries(ideas),
  "commands that decide whether this task is done": [
    step.read("commands/words.mjs"),
    write("words", words('String(text.split(" ").length)')),
    step.text("It counts words now."),
  ],
  "Comment c1 on commands/title.mjs, line 2": [step.read("commands/title.mjs"), write("title", smallTitle), step.text("c1: it has now.")],
  "Your work could not be landed": [
    step.bash("git add -A && git commit -qm shouts; git rebase -q main || true"),
    step.bash("printf '# Texts, quotes and shouts\\n' > README.md && git add -A && git -c core.editor=true rebase --continue"),
    step.text("Both are in the first line."),
  ],
  "name yours slug-words": [step.read("commands/slug-words.mjs"), write("slug-words", byWord("slug-words")), step.text("Renamed.")],
};

test("ten ideas become ten verified commits on main, by the commands of the guide", async (t) => {
  const w = await worker(t, script, { env: { CLAUDE_WORKER_WORKERS: "3" } });
  const project = w.place.workdir("project");
  const env = { ...w.env, PATH: `${binDirectory(w.place.directory)}:${w.env["PATH"] ?? ""}` };
  const git = (...args: string[]): string => plainGit(project, { PATH: env.PATH, HOME: w.place.home }, args);
  const file = (name: string, text: string): void => {
    mkdirSync(path.dirname(path.join(project, name)), { recursive: true });
    writeFileSync(path.join(project, name), text);
  };
  w.place.file("home/.gitconfig", "[user]\n\tname = A Person\n\temail = person@localhost\n");
  w.place.file("home/.claude/settings.json", JSON.stringify({ permissions: { allow: ["Bash", "Write", "Edit", "Read"] } }));
  file("README.md", "# Texts\n");
  file("test/all.mjs", testProgram);
  file("commands/same.mjs", command("same", "text", "a", "a"));
  file(".claude-worker.json", JSON.stringify({ verify: { test: "node test/all.mjs" } }));
  file(".gitignore", "ideas.txt\n");
  git("init", "-q", "-b", "main");
  git("add", ".");
  git("commit", "-qm", "first");
  const first = git("rev-parse", "HEAD");
  file("ideas.txt", ideas.map(([idea]) => `${idea}\n`).join(""));
  file("mine.txt", "a person's\n");
  await w.start();

  const page = readFileSync(path.join(repositoryRoot, "docs/user-guide/workspaces.md"), "utf8");
  const ran: Ran[] = [];
  for (const block of blocksOf(page, "sh")) {
    const result = await bash(block, { cwd: project, env });
    assert.equal(result.code, 0, `the block\n${block}failed:\n${result.stdout}${result.stderr}`);
    ran.push(result);
  }
  const of = (part: string): Ran => ran.find(({ block }) => block.includes(part)) ?? assert.fail(`no block has "${part}"`);

  assert.match(of("trust add").stdout + of("trust add").stderr, /node test\/all\.mjs/, "the command is shown");
  assert.deepEqual(of("while read").stdout.trim().split("\n"), ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
  assert.equal(of("claude-worker list").stdout.match(/completed/g)?.length, 20, "of wait, and of list");
  assert.match(of("claude-worker show 3").stdout, /words/);
  assert.equal(
    of("review 4").stdout.split("\n").at(-2),
    "c1\toutdated\tcommands/title.mjs:2\tsocket\tThe rest of a title has small letters",
  );
  const dry = of("--dry-run || true").stdout;
  assert.match(dry, /Task 9 fits onto main: 2 files\./);
  assert.match(dry, /Task 10 .*README\.md changed on both sides/);
  const landing = of("--send-conflicts").stdout;
  assert.equal(landing.match(/^Task \d+ landed on main/gm)?.length, 8, landing);
  assert.match(
    landing,
    /Task 8 was left out: With it the check node test\/all\.mjs fails \(exit code 1\)\.[^]*two commands are named slug/,
  );
  assert.match(landing, /Task 10 .*README\.md changed on both sides/);
  assert.equal(of("land 8 10").stdout.match(/^Task \d+ landed on main/gm)?.length, 2);

  const tasks = await Promise.all(ideas.map((_, index) => w.client.getTask({ id: index + 1 })));
  for (const { status, verified, verification, workspace, id } of tasks) {
    assert.deepEqual([status, verified], ["completed", true], `task ${id}`);
    assert.ok(verification.length === 2 && verification.every(({ passed }) => passed), `task ${id}`);
    assert.equal(workspace?.applied?.branch, "main", `task ${id}`);
    assert.equal(workspace.state, "trashed", `task ${id}`);
  }
  assert.partialDeepStrictEqual(
    tasks[2]?.verification.find(({ name }) => name === "test"),
    { tries: 2 },
  );

  // Main has the ten, each as one commit, and they pass together.
  assert.equal(git("rev-list", "--count", `${first}..main`), "10");
  const trailers = git("log", "--format=%(trailers:key=Claude-Worker-Task,valueonly)", `${first}..main`)
    .split("\n")
    .filter((line) => line !== "");
  assert.deepEqual(
    trailers.map(Number).toSorted((a, b) => a - b),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
  assert.deepEqual([git("symbolic-ref", "--short", "HEAD"), git("status", "--porcelain")], ["main", "?? mine.txt"]);
  assert.equal(readFileSync(path.join(project, "README.md"), "utf8"), "# Texts, quotes and shouts\n");
  assert.equal(readFileSync(path.join(project, "mine.txt"), "utf8"), "a person's\n");
  assert.equal((await bash("node test/all.mjs", { cwd: project, env })).stdout, "11 commands\n");

  // Every file that an agent wrote is on main, or in a snapshot of its task.
  const written = [
    reverse,
    upper,
    words('String(text.split(" ").length)'),
    smallTitle,
    trim,
    twice,
    byCharacter,
    byWord("slug-words"),
    quote,
    shout,
  ];
  const onMain = git("ls-tree", "-r", "--name-only", "main", "commands")
    .split("\n")
    .map((name) => `${git("show", `main:${name}`)}\n`);
  for (const text of written) assert.ok(onMain.includes(text), text);
  const kept = git("rev-list", "--objects", "--all");
  for (const text of [words("String(text.length)"), byWord("slug"), title]) {
    writeFileSync(path.join(w.place.directory, "text"), text);
    assert.ok(kept.includes(git("hash-object", path.join(w.place.directory, "text"))), text);
  }
  // A worktree comes back as it was.
  assert.match((await w.cli(["workspace", "restore", "4"], { cwd: project })).stdout, /^The worktree of task 4 is back/);
  assert.equal(readFileSync(path.join(tasks[3]?.workspace?.path ?? "", "commands/title.mjs"), "utf8"), smallTitle);
});
