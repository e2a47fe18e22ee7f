import assert from "node:assert/strict";
import { test } from "node:test";
import { parseInput } from "../../src/contract/parse-input.ts";
import { taskInput } from "../../src/contract/task-input.ts";

/** Something that begins as an image does. */
function image(bytes: number, head = "\x89PNG\r\n\x1a\n"): string {
  return Buffer.concat([Buffer.from(head, "latin1"), Buffer.alloc(bytes - head.length, 7)]).toString("base64");
}

test("what is not an image, or too much, is refused with what to do", () => {
  const problem = (...attachments: object[]): string => {
    try {
      parseInput(taskInput, { prompt: "x", working_directory: "/w", attachments }, "The body");
      return "taken";
    } catch (error) {
      return (error as Error).message;
    }
  };
  const name = "a.png";
  assert.equal(problem({ name, data: image(5 * 1024 * 1024) }, { name, data: image(5 * 1024 * 1024, "GIF89a") }), "taken");
  assert.match(problem({ name, data: image(5 * 1024 * 1024 + 3) }), /at \/attachments\/0\/data: is larger than 5 MB\. Make it smaller\.$/);
  assert.match(problem({ name, data: image(4e6) }, { name, data: image(4e6) }, { name, data: image(4e6) }), /10 MB together/);
  assert.match(
    problem({ name, data: Buffer.from("just text").toString("base64") }),
    /is not a PNG, JPEG, GIF or WebP image\. Name other files/,
  );
  assert.match(problem({ name, data: "no base64!" }), /is not base64/);
  assert.match(problem({ name, data: "" }), /is not base64/);
  assert.match(problem({ data: image(100) }), /\/attachments\/0\/name/);
  assert.match(problem(...Array.from({ length: 11 }, () => ({ name, data: image(100) }))), /\/attachments: /);
});
