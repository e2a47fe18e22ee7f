/** Which verify commands a caller may have run, and where names come from. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Settings } from "../../../src/config/settings.ts";
import type { Caller } from "../../../src/contract/caller.ts";
import type { WorkerError } from "../../../src/domain/errors.ts";
import { taskInput } from "../../../src/contract/task-input.ts";
import { realApi } from "../../../testing/real-api.ts";

const person: Caller = { scope: "admin", name: "socket" };
const agent: Caller = { ...person, agent: { client: "x", toolUseId: null } };

function setup(t: TestContext, settings: Partial<Settings> = {}) {
  const real = realApi(t, { prompt_rules: "off", ...settings });
  const file = path.join(real.corner.work, ".claude-worker.json");
  return {
    ...real,
    file,
    write: (json: unknown) => writeFileSync(file, typeof json === "string" ? json : JSON.stringify(json)),
    trust: () => real.api.addTrust({ directory: real.corner.work, commands: true }, person),
    submit: (verify?: string[], by = person, directory = real.corner.work) =>
      real.api.submitTask(taskInput.parse({ prompt: "p", working_directory: directory, verify }), by),
  };
}

test("a person sets any command, and gives it a name", async (t) => {
  const { submit, api } = setup(t);
  const { id, verify, verification } = await submit(["npm test", "@lint npm run lint", "npm test"]);
  assert.deepEqual(verify, ["npm test", "@lint npm run lint"]);
  assert.deepEqual(
    verification.map(({ name, command, state, passed, tries }) => [name, command, state, passed, tries]),
    [
      ["npm test", "npm test", "pending", false, 0],
      ["lint", "npm run lint", "pending", false, 0],
    ],
  );
  assert.deepEqual((await submit()).verify, []);
  await assert.rejects(submit(["@tset"]), { code: "invalid_input", message: /^No verify command has the name @tset here\./ });
  await assert.rejects(submit(["npm test", "@none"]), { code: "invalid_input", message: /other commands stand beside it/ });
  await assert.rejects(submit(["@a npm test", "@b true", "@a npm run lint"]), {
    code: "invalid_input",
    message: "Two commands have the name @a: npm test and npm run lint. Give each a name of its own.",
  });
  await api.cancelTask({ id }, person);
  assert.deepEqual((await api.retryTask({ id, verify: ["make check"] }, person)).verify, ["make check"], "a retry replaces them");
});

test("a repository's commands run only as a person has seen them", async (t) => {
  const { submit, write, trust, file, api, corner } = setup(t);
  write({ verify: { test: "npm test", lint: "npm run lint" }, verify_default: ["test"] });
  for (const verify of [undefined, ["@test"], ["@default"]])
    await assert.rejects(submit(verify), {
      code: "untrusted_directory",
      message: /no person has trusted them yet: test: npm test; lint: npm run lint\. .*claude-worker trust add \S+work\. .*--verify @none$/,
    });
  assert.deepEqual((await submit(["@none"])).verify, []);
  await api.addTrust({ directory: corner.work }, person);
  await assert.rejects(submit(["@test"]), { code: "untrusted_directory" }, "the directory alone is trusted");
  const { commands } = await trust();
  assert.partialDeepStrictEqual(commands, [{ file, verify: { test: "npm test", lint: "npm run lint" }, verify_default: ["test"] }]);
  assert.deepEqual((await submit()).verify, ["@test npm test"]);
  assert.deepEqual((await submit(["@lint", "@default"])).verify, ["@lint npm run lint", "@test npm test"]);
  assert.deepEqual((await submit([])).verify, [], "an empty list is none");
  // A task may change the file: what it says then does not count.
  write({ verify: { test: "true", evil: "rm -rf /" }, verify_default: [] });
  const task = await submit();
  assert.deepEqual(task.verify, ["@test npm test"]);
  assert.match(task.warnings?.join() ?? "", new RegExp(`${file} was changed since it was trusted`));
  await assert.rejects(submit(["@evil"]), { code: "untrusted_directory", message: /it was changed since a person trusted it/ });
  rmSync(file);
  assert.deepEqual((await submit()).verify, ["@test npm test"]);
  write({ verify: { test: "true" } });
  await trust();
  assert.deepEqual([(await submit()).verify, (await submit(["@test"])).verify], [[], ["@test true"]]);
});

test("the file stands at the top of the repository", async (t) => {
  const { submit, write, trust, corner } = setup(t);
  mkdirSync(path.join(corner.work, ".git"));
  const below = corner.workdir("work/packages/one");
  write({ verify: { test: "npm test" } });
  await trust();
  assert.deepEqual((await submit(["@test"], person, below)).verify, ["@test npm test"]);
});

test("a broken file is said where its commands are needed, and is not trusted", async (t) => {
  const { submit, write, trust } = setup(t);
  write('{"verify": ');
  await assert.rejects(submit(), { code: "invalid_input", message: /is not valid JSON\. Fix it, or run without its commands/ });
  await assert.rejects(trust(), { code: "invalid_input", message: /is not valid JSON\. Fix it, or remove it\.$/ });
  write({ verfy: {} });
  await assert.rejects(submit(["@test"]), { code: "invalid_input", message: /has the unknown field "verfy"/ });
  assert.deepEqual((await submit(["npm test"])).verify, ["npm test"], "a command of its own needs no file");
});

test("an agent takes commands by name, and writes none", async (t) => {
  const { submit, write, trust, api } = setup(t, { verify_commands: ["@build npm run build"], agent_allow: ["Bash(npm test:*)"] });
  write({ verify: { test: "npm test" } });
  await trust();
  for (const command of ["npm test -- x", "@test true", "@mine npm run x"])
    await assert.rejects(submit([command], agent), {
      code: "forbidden",
      message: /agents take only commands that the settings or the trusted repository name\. Named here: @build, @test\./,
    });
  assert.deepEqual((await submit(["@test", "@build"], agent)).verify, ["@test npm test", "@build npm run build"]);
  const { id } = await submit(["make check"]);
  await api.cancelTask({ id }, person);
  await assert.rejects(api.retryTask({ id }, agent), { code: "forbidden" }, "nor does it run again what a person has set");
});

test("a command that is not named any more keeps an agent's task from starting", async (t) => {
  const { submit, write, trust, rights, store } = setup(t);
  write({ verify: { test: "npm test" } });
  await trust();
  const [own, theirs] = [await submit(["@test"]), await submit(["@test"], agent)];
  assert.deepEqual([rights.mayStart(own.id), rights.mayStart(theirs.id)], [true, true]);
  write({ verify: { test: "npm run other" } });
  assert.ok(rights.mayStart(theirs.id), "the file alone changes nothing");
  await trust();
  assert.deepEqual([rights.mayStart(own.id), rights.mayStart(theirs.id)], [true, false]);
  assert.match(rights.whyNot(store.tasks.row(theirs.id) as never) ?? "", /^The verify command npm test runs outside/);
});

test("commands of the settings count for tasks that name none", async (t) => {
  const { submit } = setup(t, { verify: ["make check"] });
  assert.deepEqual((await submit()).verify, ["make check"]);
  assert.deepEqual((await submit(undefined, agent)).verify, ["make check"], "a person has named it");
  assert.deepEqual((await submit(["@none"], agent)).verify, []);
});

test("an agent has only the repository's set-up run, or none", async (t) => {
  const { write, trust, api, corner } = setup(t);
  const submit = async (command: string | null, by = agent): Promise<string | null> => {
    const input = taskInput.parse({ prompt: "p", working_directory: corner.work, workspace_kind: "worktree", setup: command });
    return (await api.submitTask(input, by)).setup;
  };
  execFileSync("git", ["init", "-q"], { cwd: corner.work });
  execFileSync("git", ["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "first", "--allow-empty"], { cwd: corner.work });
  write({ setup: "npm ci" });
  await trust();
  for (const may of [null, "@none", "npm ci"]) assert.equal(await submit(may), may);
  await assert.rejects(submit("npm i"), {
    code: "forbidden",
    message: /^The set-up command npm i runs outside of Claude's permission rules/,
  });
  assert.equal(await submit("npm i", person), "npm i");
  write({ setup: "npm i" });
  await assert.rejects(submit(null, person), {
    code: "untrusted_directory",
    message: /a person has trusted another one: npm ci\. It says: npm i\. .*claude-worker trust add \S+work\. .*--setup @none$/,
  });
});

test("the command of a loop has the same rights as others, and one name", async (t) => {
  const { api, corner, write, trust, rights, store } = setup(t);
  const loop = (until: string, by = person) => api.submitTask(taskInput.parse({ prompt: "p", working_directory: corner.work, until }), by);
  write({ verify: { test: "npm test" } });
  const refused = (code: string) => (error: WorkerError) => error.code === code && error.problems[0]?.pointer === "/until";
  await assert.rejects(loop("@test"), refused("untrusted_directory"));
  await trust();
  const own = await loop("make check");
  assert.partialDeepStrictEqual(own, { until: "make check", verification: [{ name: "@until", command: "make check", state: "pending" }] });
  assert.equal((await loop("@none")).until, null);
  await assert.rejects(loop("make check", agent), refused("forbidden"));
  await assert.rejects(loop("@tset"), refused("invalid_input"));
  assert.match(taskInput.safeParse({ prompt: "p", working_directory: "/w", until: "@default" }).error?.message ?? "", /Name one of them/);
  const theirs = await loop("@test", agent);
  assert.deepEqual([theirs.until, rights.mayStart(theirs.id)], ["@test npm test", true]);
  await api.cancelTask({ id: own.id }, person);
  await assert.rejects(api.retryTask({ id: own.id }, agent), { code: "forbidden" });
  write({ verify: { test: "npm run other" } });
  await trust();
  const score = { prompt: "p", working_directory: corner.work, score: "make bench", score_goal: "minimize" };
  await assert.rejects(api.submitTask(taskInput.parse({ ...score, score: null }), person), {
    code: "invalid_input",
    message: /no command that scores, so nothing is there to minimize\. Name one \(--score\)/,
  });
  await assert.rejects(api.submitTask(taskInput.parse(score), agent), (error: WorkerError) => error.problems[0]?.pointer === "/score");
  assert.equal(rights.mayStart(theirs.id), false, "it is judged again in each claim");
  assert.match(rights.whyNot(store.tasks.row(theirs.id) as never) ?? "", /^The verify command npm test runs outside/);
});
