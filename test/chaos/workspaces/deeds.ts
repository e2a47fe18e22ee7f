/**
 * What is done in a world under kills: by agents, which write files, and by the person, who works
 * in the checkout and in worktrees, too. Every content is remembered.
 */
import { randomUUID } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { WorkerError } from "../../../src/client/index.ts";
import type { TaskView } from "../../../src/client/index.ts";
import { localId } from "../../../testing/local-task.ts";
import { within } from "../../../testing/wait.ts";
import type { World } from "../world.ts";
import { Contents } from "./contents.ts";
import { gitsOf } from "./fell.ts";
import { gitIn } from "./git.ts";

export type DeedName = "submit" | "send" | "apply" | "land" | "undo" | "restore" | "clean" | "bring back";

export interface Deed {
  readonly name: DeedName;
  /** For the story of a finding. */
  readonly text: string;
  run(): Promise<void>;
}

/** A task that has ended, as far as this program knows. */
interface Known {
  readonly id: number;
  readonly isWorktree: boolean;
  /** Relative to the work tree. */
  readonly file: string;
  /** Whether its last files were not remembered yet. */
  isNew: boolean;
}

interface PlannedTask {
  readonly prompt: string;
  readonly isWorktree: boolean;
  readonly file: string;
  readonly name: string;
}

/** A deed is asked for so often until the server has decided. */
const mostTries = 12;
const sweepMs = 20_000;
const endMs = 120_000;
/** The sentence that has a person delete a lock of the repository; never one of ours. */
const lockSentence = /one was killed: (\S+\/\.git\/(?!worktrees\/|refs\/claude-worker\/|refs\/heads\/cw\/)\S*\.lock) exists/;
/** Sentences that no kill may lead to. */
const forbidden = /\.lock|File exists|ENOENT|EEXIST|internal|[Ff]atal|corrupt|bad object|is not at/;

export class Deeds {
  readonly contents = new Contents();
  /** Files of the person that nothing may touch: their paths with their contents. */
  readonly untouchable = new Map<string, string>();
  /** Commits that the person made on main. */
  readonly commits: string[] = [];
  readonly #world: World;
  readonly #random: () => number;
  readonly #tasks: Known[] = [];
  readonly #refusals: string[] = [];
  readonly #problems: string[] = [];
  #count = 0;

  constructor(world: World, random: () => number) {
    this.#world = world;
    this.#random = random;
  }

  async begin(): Promise<void> {
    const git = gitIn(this.#world.place.work);
    writeFileSync(path.join(this.#world.place.work, ".gitignore"), "*.ignored\n");
    writeFileSync(path.join(this.#world.place.work, "shared"), "the first line\n");
    git("add", ".");
    git("commit", "-qm", "files");
    git("branch", "side");
    this.commits.push(git("rev-parse", "HEAD"));
    for (const isWorktree of [true, true, false]) await this.#submit(this.#plan(isWorktree));
  }

  next(): Deed {
    this.#count += 1;
    this.#byPerson();
    const dice = this.#random();
    const tree = this.#pick((task) => task.isWorktree);
    const any = this.#pick(() => true);
    if (dice < 0.2 || tree === undefined || any === undefined) {
      const plan = this.#plan(this.#random() < 0.7);
      return { name: "submit", text: `submit ${plan.prompt}`, run: () => this.#submit(plan) };
    }
    if (dice < 0.27) return { name: "send", text: `send to ${any.id}`, run: () => this.#send(any) };
    if (dice < 0.42) return this.#apply(tree);
    if (dice < 0.57) return this.#land(tree);
    if (dice < 0.7) return this.#undo(any);
    if (dice < 0.8) return this.#restore(any);
    if (dice < 0.92) return this.#clean(tree);
    return this.#bringBack();
  }

  takeRefusals(): string[] {
    return this.#refusals.splice(0);
  }

  takeProblems(): string[] {
    return this.#problems.splice(0);
  }

  /** Waits until no task runs, and remembers what the agents wrote. */
  async settle(): Promise<void> {
    for (const task of this.#tasks) await this.#note(task);
  }

  /** A new server removes what kills have left of our own worktrees. */
  async end(): Promise<void> {
    const git = gitIn(this.#world.place.work);
    await this.#world.stop();
    await this.#world.ensureServer();
    await within(sweepMs, () => !/^worktree .*\/\.(scratch-|land-)/m.test(git("worktree", "list", "--porcelain")));
  }

  /** Names of the branches and paths of the worktrees that tasks have. */
  async worktrees(): Promise<readonly { readonly branch: string | null; readonly path: string; readonly trash: string | null }[]> {
    return (await this.#world.client.listWorkspaces()).workspaces;
  }

  #plan(isWorktree: boolean): PlannedTask {
    const name = `task ${this.#count}-${this.#tasks.length}`;
    const file = isWorktree && this.#random() < 0.3 ? "shared" : `${isWorktree ? "work" : "inplace"}-${this.#count}-${this.#tasks.length}`;
    const steps = 1 + Math.floor(this.#random() * 4);
    return { prompt: `steps ${steps} delay 15 append ${file} signed`, isWorktree, file, name };
  }

  async #submit({ prompt, isWorktree, file, name }: PlannedTask): Promise<void> {
    const key = randomUUID();
    const { work } = this.#world.place;
    const more = isWorktree ? { workspace_kind: "worktree" as const, verify: [`test -s ${file}`] } : {};
    const task = await this.#ask("submit", () =>
      this.#world.client.submitTask({ prompt, name, working_directory: work, ...more }, { idempotencyKey: key }),
    );
    if (task === null) return;
    const known = { id: localId(task), isWorktree, file, isNew: true };
    this.#tasks.push(known);
    await this.#ended(known);
  }

  async #send(task: Known): Promise<void> {
    const key = randomUUID();
    const sent = await this.#ask("send", () =>
      this.#world.client.sendMessage({ id: task.id, text: "more 2", delivery: "after_turn", key }),
    );
    if (sent === null) return;
    task.isNew = true;
    await this.#ended(task);
  }

  #apply({ id }: Known): Deed {
    const dice = this.#random();
    const way = dice < 0.5 ? "squash" : dice < 0.8 ? "patch" : dice < 0.9 ? "merge" : "rebase";
    const run = async (): Promise<void> => {
      const done = await this.#ask(`apply ${way}`, () => this.#world.client.applyTask({ id, way }));
      // The person commits what is there as changes.
      if (way === "patch" && done?.applied === true) this.#commit(`a patch of task ${id}`, []);
    };
    return { name: "apply", text: `apply ${id} ${way}`, run };
  }

  #land(first: Known): Deed {
    const others = this.#tasks.filter((task) => task.isWorktree && this.#random() < 0.2).map(({ id }) => id);
    const tasks = [...new Set([first.id, ...others.slice(-3)])];
    const into = this.#random() < 0.6 ? "main" : "side";
    const run = async (): Promise<void> => void (await this.#ask("land", () => this.#world.client.landTasks({ tasks, into })));
    return { name: "land", text: `land ${tasks.join(" ")} into ${into}`, run };
  }

  #undo({ id }: Known): Deed {
    const force = this.#random() < 0.4;
    return {
      name: "undo",
      text: `undo ${id} ${force ? "by force" : ""}`,
      run: async () => void (await this.#ask("undo", () => this.#world.client.undoTask({ id, force }))),
    };
  }

  #restore({ id }: Known): Deed {
    const [force, dice] = [this.#random() < 0.4, this.#random()];
    const run = async (): Promise<void> => {
      const list = await this.#ask("checkpoints", () => this.#world.client.listCheckpoints({ id }));
      const chosen = list?.checkpoints[Math.floor(dice * list.checkpoints.length)];
      if (chosen !== undefined) await this.#ask("restore", () => this.#world.client.restoreFiles({ id, checkpoint: chosen.number, force }));
    };
    return { name: "restore", text: `restore ${id} ${force ? "by force" : ""}`, run };
  }

  #clean({ id }: Known): Deed {
    const dice = this.#random();
    const input = dice < 0.5 ? { tasks: [id], force: true } : dice < 0.8 ? { tasks: [id] } : {};
    return {
      name: "clean",
      text: `clean ${JSON.stringify(input)}`,
      run: async () => void (await this.#ask("clean", () => this.#world.client.cleanWorkspaces(input))),
    };
  }

  #bringBack(): Deed {
    const dice = this.#random();
    const run = async (): Promise<void> => {
      const trashed = (await this.#ask("list", () => this.#world.client.listWorkspaces()))?.workspaces.filter(
        ({ state }) => state === "trashed",
      );
      const chosen = trashed?.[Math.floor(dice * trashed.length)];
      if (chosen !== undefined) await this.#ask("bring back", () => this.#world.client.restoreWorkspace({ id: chosen.task }));
    };
    return { name: "bring back", text: "bring one back", run };
  }

  /** Something of the person, in the checkout or in a worktree. Nobody is felled meanwhile. */
  #byPerson(): void {
    const dice = this.#random();
    const { work } = this.#world.place;
    if (dice < 0.25) this.#keep(path.join(work, `person-${this.#count}`));
    else if (dice < 0.35) this.#keep(path.join(work, `person-${this.#count}.ignored`));
    else if (dice < 0.5) {
      const file = path.join(work, `committed-${this.#count}`);
      this.#keep(file);
      this.#commit(`person ${this.#count}`, [file]);
    } else if (dice < 0.65) {
      const task = this.#pick(({ isWorktree }) => isWorktree);
      const top = task === undefined ? null : this.#places.get(task.id);
      if (top == null || !existsSync(top)) return;
      const file = path.join(top, `person-${this.#count}${dice < 0.58 ? "" : ".ignored"}`);
      const text = `a person's ${randomUUID()}\n`;
      writeFileSync(file, text);
      this.contents.add(text, file);
    } else if (dice < 0.8) {
      const task = this.#pick(() => true);
      const file = task === undefined ? null : this.#fileOf(task);
      if (task === undefined || file === null || !existsSync(file)) return;
      // What the person replaces is theirs to replace; what an agent wrote stays in a snapshot.
      this.contents.replaced(readFileSync(file, "utf8"));
      appendFileSync(file, `a person's ${randomUUID()}\n`);
      this.contents.add(readFileSync(file, "utf8"), `${file} of the person`, { isOpen: true });
    }
  }

  readonly #places = new Map<number, string>();

  #fileOf({ id, file }: Known): string | null {
    const top = this.#places.get(id);
    return top === undefined ? null : path.join(top, file);
  }

  #keep(file: string): void {
    const text = `a person's ${randomUUID()}\n`;
    writeFileSync(file, text);
    this.untouchable.set(file, text);
    this.contents.add(text, file);
  }

  #commit(message: string, files: readonly string[]): void {
    const git = gitIn(this.#world.place.work);
    // A person's git refuses, too, where one was felled.
    for (const lock of ["index.lock", "HEAD.lock", "refs/heads/main.lock"].map((name) => path.join(this.#world.place.work, ".git", name)))
      if (existsSync(lock) && gitsOf(this.#world).length === 0) {
        this.#refusals.push(`a lock that the person removed: ${path.basename(lock)}`);
        rmSync(lock);
      }
    if (files.length > 0) git("add", "--", ...files);
    else git("add", "--", ".", ":!person-*", ":!inplace-*");
    if (git("diff", "--cached", "--name-only") === "") return;
    git("commit", "-qm", message);
    this.commits.push(git("rev-parse", "HEAD"));
  }

  #pick(fits: (task: Known) => boolean): Known | undefined {
    const found = this.#tasks.filter(fits);
    // Rather one of the last ones.
    return found[Math.floor(this.#random() ** 0.5 * found.length)];
  }

  async #ended({ id }: Known): Promise<void> {
    const over = await within(endMs, async () => {
      await this.#world.ensureServer();
      try {
        const { ended_at } = await this.#world.client.getTask({ id });
        return ended_at !== null;
      } catch (error) {
        if (error instanceof WorkerError && error.code === "not_found") throw error;
        return false; // The server is down for a moment.
      }
    });
    if (over === null) this.#problems.push(`task ${id} does not end`);
  }

  async #note(task: Known): Promise<void> {
    let view = await this.#view(task);
    // The sentence of the failure says that it can be tried again.
    for (let tries = 0; view.status === "failed" && tries < 3; tries += 1) {
      this.#refusals.push(`${view.error?.code}: ${plain(view.error?.message ?? "")}`);
      const resume = view.session_id !== null;
      await this.#ask("retry", () => this.#world.client.retryTask({ id: task.id, resume }));
      view = await this.#view(task);
    }
    const { status, workspace, error } = view;
    if (workspace === null) return;
    this.#places.set(task.id, workspace.path);
    if (status !== "completed") return void this.#problems.push(`task ${task.id} is ${status}: ${error?.message ?? ""}`);
    const file = this.#fileOf(task);
    if (file === null || !existsSync(file)) return;
    if (task.isNew) {
      // A runner that is felled between the result and its last snapshot leaves the files where
      // they are: the next snapshot has them, unless the person writes over them first.
      const { checkpoints } = await this.#world.client.listCheckpoints({ id: task.id });
      const isOpen = checkpoints.at(-1)?.reason !== "end";
      this.contents.add(readFileSync(file, "utf8"), `${task.file} of task ${task.id}`, { isOpen });
    }
    task.isNew = false;
  }

  async #view(task: Known): Promise<TaskView> {
    await this.#ended(task);
    return await this.#world.client.getTask({ id: task.id });
  }

  /** @returns null: the server has refused it. */
  async #ask<T>(what: string, act: () => Promise<T>): Promise<T | null> {
    let refused = "";
    for (let tries = 0; tries < mostTries; tries += 1) {
      try {
        return await act();
      } catch (error) {
        const lock = error instanceof WorkerError ? lockSentence.exec(error.message)?.[1] : undefined;
        if (lock !== undefined) {
          this.#refusals.push(`a lock that the person removed: ${path.basename(lock)}`);
          await within(endMs, () => gitsOf(this.#world).length === 0);
          rmSync(lock, { force: true });
          continue;
        }
        if (error instanceof WorkerError && error.message === refused) break;
        if (error instanceof WorkerError && error.code === "conflict") refused = error.message;
        else if (tries === mostTries - 1) this.#problems.push(`${what} has no answer: ${String(error)}`);
        await delay(50); // Like a person who tries again.
        await this.#world.ensureServer();
      }
    }
    this.#refusals.push(`${what}: ${plain(refused)}`);
    if (forbidden.test(refused)) this.#problems.push(`${what}: ${refused}`);
    return null;
  }
}

/** Without what differs from world to world. */
function plain(sentence: string): string {
  return sentence
    .replaceAll(/\/\S+/g, "PATH")
    .replaceAll(/[0-9a-f]{7,40}/g, "ID")
    .replaceAll(/\d+/g, "N")
    .slice(0, 160);
}
