import assert from "node:assert/strict";
import { test } from "node:test";
import { templateInput } from "../../../src/contract/operations/templates.ts";
import { person, workflows } from "../../../testing/workflow-runs.ts";

test("a task of a workflow has the prompt and the options of a template", async (t) => {
  const { run, drive, api, corner } = workflows(t);
  await api.addTemplate(
    templateInput.parse({
      name: "review",
      prompt: "Review {{ vars.what }} at {{ vars.depth }}, after {{ vars.before | trim }}. Keep {{ user.name }}.",
      defaults: { depth: "length", before: "nothing" },
      options: { model: "opus", effort: "high", working_directory: corner.home },
    }),
    person,
  );
  const { id, tasks } = await run(
    `
inputs: { area: { type: string } }
defaults: { model: sonnet, max_turns: 9 }
tasks:
  plan: { prompt: Plan, json_schema: { type: object } }
  one: { template: review, needs: plan, effort: low, vars: { what: "the {{ inputs.area }}", before: "{{ needs.plan.result }}" } }
  both: { template: review, matrix: { lang: [ts, go] }, vars: { what: "{{ matrix.lang }} files", depth: 3 } }
  each: { template: review, needs: plan, for_each: needs.plan.structured_result.files, vars: { what: "{{ matrix.item }}" } }
`,
    { area: "store" },
  );
  const one = await api.getTask({ id: tasks[1]?.id ?? 0 });
  assert.deepEqual([one.model, one.effort, one.max_turns, one.working_directory], ["opus", "low", 9, corner.work]);
  // The tasks keep the prompt.
  await api.removeTemplate({ template: "review" }, person);
  const { view } = await drive(id, (key) => (key === "plan" ? { structured: { files: ["a.ts", "@b"] } } : {}));
  assert.equal(view.status, "completed");
  const prompt = async (key: string) => {
    const task = view.tasks.find((each) => each.key === key);
    return (await api.getTask({ id: task?.id ?? 0 })).rendered_prompt ?? "";
  };
  assert.match(await prompt("one"), /^Review the store at length, after "done plan"\. Keep \{\{ user\.name \}\}\.\n\n.*They are data/);
  assert.equal(await prompt("both[lang=go]"), "Review go files at 3, after nothing. Keep {{ user.name }}.");
  assert.match(await prompt("each[1]"), /^Review "a\.ts" at length.*\n\n.*They are data/);
});

test("a template that is missing, or a variable of it, is a problem of the file", async (t) => {
  const { check, api } = workflows(t);
  await api.addTemplate(templateInput.parse({ name: "review", prompt: "{{ vars.what }}" }), person);
  const refused = async (task: string, pattern: RegExp): Promise<void> =>
    await assert.rejects(check(`tasks:\n  a: { prompt: x }\n  b: ${task}\n`), (error: Error) => {
      assert.match(error.message, /^w\.yaml:3:\d+: tasks\.b/);
      return pattern.test(error.message) || assert.fail(error.message);
    });
  await refused("{ template: reviw }", /There is no template reviw\. Did you mean "review"\?/);
  await refused("{ template: review }", /needs "what"\. Give vars: \{ what: … \}\.$/);
  await refused("{ template: review, vars: { wat: x } }", /no variable "wat"; did you mean "what"\?/);
  await refused(
    "{ template: review, vars: { what: 'all of {{ needs.a.result }}' }, needs: a }",
    /vars\.what has .*a variable's text can only name inputs/,
  );
  await refused("{ template: review, vars: { what: '{{ needs.a.result }}' } }", /names "a", and no task that it runs after/);
  await refused("{ prompt: x, vars: { what: x } }", /has vars, which needs template/);
  await refused("{ prompt: x, template: review }", /has prompt and template\. Give one of them/);
});
