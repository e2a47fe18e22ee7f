/**
 * The real operations with what tests of doors want to know and to do: who called what, how often
 * events were read, what the next submit throws, and what an attempt does.
 */
import type { TestContext } from "node:test";
import type { Caller } from "../src/contract/caller.ts";
import type { LocalApi } from "./local-task.ts";
import { realApi } from "./real-api.ts";
import type { RealApi } from "./real-api.ts";

export interface DoorApi extends LocalApi, Pick<RealApi, "tell" | "finish" | "store" | "paths" | "corner"> {
  /** Every call that changes a task or stops the server. */
  readonly calls: Call[];
  /** What the next submit throws. */
  failNextSubmit: Error | null;
  /** How many subscriptions are open. */
  readonly subscriptions: number;
  /** How often events were read. */
  readonly reads: number;
}

interface Call {
  readonly verb: "submit" | "cancel" | "retry" | "update" | "remove" | "stop";
  readonly caller: Caller;
}

/** Every directory is trusted. The server has a credential. */
export function doorApi(t: TestContext): DoorApi {
  const { api, tell, finish, store, paths, corner } = realApi(t, {}, { ANTHROPIC_API_KEY: "sk-ant-test" });
  corner.trust("/");
  const calls: Call[] = [];
  let subscriptions = 0;
  let reads = 0;
  const note = (verb: Call["verb"], caller: Caller): void => {
    calls.push({ verb, caller });
    const failure = watched.failNextSubmit;
    if (verb !== "submit" || failure === null) return;
    watched.failNextSubmit = null;
    throw failure;
  };
  const watched: DoorApi = {
    ...api,
    tell,
    finish,
    store,
    paths,
    corner,
    calls,
    failNextSubmit: null,
    get subscriptions() {
      return subscriptions;
    },
    get reads() {
      return reads;
    },
    submitTask: async (input, caller) => (note("submit", caller), await api.submitTask(input, caller)),
    submitTasks: async (input, caller) => (note("submit", caller), await api.submitTasks(input, caller)),
    submitTaskOnce: async (input, key, caller) => (note("submit", caller), await api.submitTaskOnce(input, key, caller)),
    submitTasksOnce: async (input, key, caller) => (note("submit", caller), await api.submitTasksOnce(input, key, caller)),
    runTemplateOnce: async (input, key, caller) => (note("submit", caller), await api.runTemplateOnce(input, key, caller)),
    runWorkflowOnce: async (input, key, caller) => (note("submit", caller), await api.runWorkflowOnce(input, key, caller)),
    cancelTask: async (input, caller) => (note("cancel", caller), await api.cancelTask(input, caller)),
    retryTask: async (input, caller) => (note("retry", caller), await api.retryTask(input, caller)),
    updateTask: async (input, caller, check) => (note("update", caller), await api.updateTask(input, caller, check)),
    removeTask: async (input, caller) => (note("remove", caller), await api.removeTask(input, caller)),
    stopServer: async (input, caller) => (note("stop", caller), await api.stopServer(input, caller)),
    taskEvents: async (input) => (reads++, await api.taskEvents(input)),
    allEvents: async (input) => (reads++, await api.allEvents(input)),
    onEvents(taskId, wake) {
      subscriptions++;
      const subscription = api.onEvents(taskId, wake);
      let isOpen = true;
      return {
        close: () => {
          if (isOpen) subscriptions--;
          isOpen = false;
          subscription.close();
        },
      };
    },
  };
  return watched;
}
