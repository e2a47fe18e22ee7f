/** Schedules on a real store, with a clock that a test moves as it likes. */
import type { TestContext } from "node:test";
import type { Caller } from "../../../src/contract/caller.ts";
import { scheduleInput } from "../../../src/contract/operations/schedules.ts";
import type { ScheduleDetailView, ScheduleRunView } from "../../../src/contract/views/schedule.ts";
import { GitProgram } from "../../../src/git/git-program.ts";
import { fireSchedule } from "../../../src/operations/schedules/fire-schedule.ts";
import type { FireContext } from "../../../src/operations/schedules/fire-schedule.ts";
import { followClock } from "../../../src/operations/schedules/follow-clock.ts";
import { SubmitRate } from "../../../src/operations/tasks/submit-rate.ts";
import { ClaudeCodeTrust } from "../../../src/operations/tasks/working-directory.ts";
import { WorkspaceGate } from "../../../src/operations/workspaces/workspace-gate.ts";
import { realApi } from "../../../testing/real-api.ts";
import type { RealApi } from "../../../testing/real-api.ts";

export const person: Caller = { scope: "admin", name: "socket" };

export interface Scheduled extends RealApi {
  readonly context: FireContext;
  /** Adds one with a task in the trusted directory. */
  add(fields: object, caller?: Caller): Promise<ScheduleDetailView>;
  /** Sets the clock and does nothing else, as when no server runs. */
  set(time: string): void;
  /** Sets the clock, and acts on what is due then, as a server that wakes up. */
  wake(time?: string): Promise<void>;
  /** Lets the time pass with a running server: acts on each due time when it comes. */
  pass(time: string): Promise<void>;
  /** A server starts. */
  restart(time?: string): Promise<void>;
  /** Oldest first. */
  runs(name?: string): Promise<ScheduleRunView[]>;
  /** `02:00 submitted`, oldest first, in UTC. */
  story(name?: string): Promise<string[]>;
}

export function scheduled(t: TestContext, start = "2027-01-10T12:00:00Z", settings = {}): Scheduled {
  const real = realApi(t, settings);
  const { api, store, paths, clock, corner } = real;
  clock.nowMs = Date.parse(start);
  const env = { PATH: process.env["PATH"] ?? "", HOME: corner.home };
  const context: FireContext = {
    store,
    settings: real.settings,
    paths,
    env,
    claudeCodeTrust: new ClaudeCodeTrust(env),
    now: () => clock.nowMs,
    wall: () => clock.nowMs,
    git: new GitProgram(env),
    gate: new WorkspaceGate(),
    rate: new SubmitRate(10_000),
    agentRate: new SubmitRate(10_000),
  };
  const set = (time: string): void => void (clock.nowMs = Date.parse(time));
  const act = async (): Promise<void> => {
    const turn = { catchUps: 0 };
    for (let due = store.schedules.due(clock.nowMs); due !== null; due = store.schedules.due(clock.nowMs))
      await fireSchedule(context, due.id, turn);
  };
  const runs = async (name = "nightly") => (await api.listScheduleRuns({ schedule: name, limit: 500 }, person)).runs.toReversed();
  return {
    ...real,
    context,
    set,
    add: async (fields, caller = person) =>
      await api.addSchedule(
        scheduleInput.parse({
          name: "nightly",
          time_zone: "UTC",
          task: { prompt: "Triage the issues", working_directory: corner.work },
          ...fields,
        }),
        caller,
      ),
    wake: async (time) => {
      if (time !== undefined) set(time);
      await act();
    },
    pass: async (time) => {
      const end = Date.parse(time);
      for (let next = store.schedules.nextFireAt(); next !== null && next <= end; next = store.schedules.nextFireAt()) {
        clock.nowMs = Math.max(clock.nowMs, next);
        await act();
      }
      clock.nowMs = end;
    },
    restart: async (time) => {
      if (time !== undefined) set(time);
      await followClock(store, clock.nowMs);
      await act();
    },
    runs,
    story: async (name) =>
      (await runs(name)).map(({ due_at, state, reason, kind, catch_up }) =>
        [due_at.slice(5, 16), kind === "due" ? state : kind, reason, catch_up ? "made up for" : null]
          .filter((word) => word !== null)
          .join(" "),
      ),
  };
}
