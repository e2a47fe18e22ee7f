import assert from "node:assert/strict";
import { test } from "node:test";
import { taskInput } from "../../../src/contract/task-input.ts";
import { goodTask } from "../../../testing/mcp.ts";
import { realApi } from "../../../testing/real-api.ts";
import { person } from "../workspaces/setup.ts";

test(
  "what a submit says of the sign-in is that of the task's profile",
  { skip: process.platform === "darwin" && "the keychain may have a sign-in" },
  async (t) => {
    const { api, corner } = realApi(t, { profiles: { key: { api_key_env: "OTHER_KEY" } } }, { OTHER_KEY: "sk-other" });
    const submit = async (more: object): Promise<boolean> => {
      const { warnings = [] } = await api.submitTask(taskInput.parse({ ...goodTask(corner.work), ...more }), person);
      return warnings.some((each) => each.includes("nothing to sign in"));
    };
    assert.deepEqual([await submit({}), await submit({ profile: "key" })], [true, false]);
  },
);
