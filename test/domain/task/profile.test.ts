import assert from "node:assert/strict";
import { test } from "node:test";
import { kindOfProfile, profileOfDirectory, profilesProblem, unknownProfile } from "../../../src/domain/task/profile.ts";

test("a setting of profiles that is right has no problem", () => {
  const right = {
    work: { config_dir: "~/.claude-work", directories: ["~/work", "/srv/jobs/"] },
    key: { api_key_file: "/keys/a" },
    default: { when_held: "key" },
    other: { oauth_token_env: "OTHER_TOKEN", env: ["ANTHROPIC_BASE_URL"] },
    aws: { env: ["CLAUDE_CODE_USE_BEDROCK=1", "AWS_PROFILE=night", "AWS_WEB_IDENTITY_TOKEN_FILE=/var/token"] },
  };
  assert.equal(profilesProblem(right), null);
  assert.deepEqual(Object.values(right).map(kindOfProfile), ["sign_in", "api_key", "environment", "oauth_token", "environment"]);
});

const wrong: readonly (readonly [unknown, RegExp])[] = [
  [[], /must be an object like/],
  [{ default: { env: ["A"] } }, /names the profile "default", which is what the server itself runs with/],
  [{ "my work": { env: ["A"] } }, /has a profile with the name "my work"/],
  [{ work: "~/.claude" }, /must have an object like .* for the profile work/],
  [{ work: { confg_dir: "/a" } }, /the unknown key "confg_dir" in the profile work\. Did you mean "config_dir"\?/],
  [{ work: { config_dir: "work" } }, /must have an absolute path, or one with ~\/, as config_dir of the profile work/],
  [{ work: { api_key_env: "A B" } }, /must have the name of a variable as api_key_env/],
  [{ work: { api_key_env: "A", oauth_token_env: "B" } }, /names api_key_env and oauth_token_env in the profile work, and one signs in/],
  [{ work: { directories: ["/a"] } }, /names nothing to sign in with in the profile work/],
  [{ work: { env: ["A"], directories: ["a"] } }, /as directories of the profile work/],
  [{ work: { env: ["1A"] } }, /NAME or NAME=value as env of the profile work/],
  [{ work: { env: ["HOME=/tmp"] } }, /sets HOME in the profile work/],
  [{ work: { env: ["CLAUDE_WORKER_HOME"] } }, /sets CLAUDE_WORKER_HOME/],
  [{ work: { env: ["ANTHROPIC_API_KEY=sk-ant-api03-0123456789"] } }, /has the value of ANTHROPIC_API_KEY in the profile work/],
  [{ work: { env: ["ANTHROPIC_BASE_URL=https://me:hunter2hunter2@gateway.example"] } }, /has the value of ANTHROPIC_BASE_URL/],
  [{ work: { config_dir: "/a", when_held: "kye" }, key: { api_key_env: "K" } }, /no such profile in the setting\. Did you mean "key"\?/],
  [{ work: { config_dir: "/a", when_held: "other" }, other: { config_dir: "/b" } }, /does not pay for each request/],
  [{ key: { api_key_env: "K", when_held: 5 } }, /must have the name of a profile as when_held/],
  [{ key: { api_key_env: "K", when_held: "key" } }, /which is the same/],
  [{ default: { when_held: "key", env: ["A"] }, key: { api_key_env: "K" } }, /of it only when_held can be said/],
  [{ a: { env: ["A"], directories: ["/x/"] }, b: { env: ["A"], directories: ["/x"] } }, /gives the directory \/x to the profiles a and b/],
];

test("what is wrong in a setting of profiles is said, and no secret with it", () => {
  for (const [value, problem] of wrong) {
    assert.match(profilesProblem(value) ?? "", problem);
    assert.doesNotMatch(profilesProblem(value) ?? "", /sk-ant|hunter2/);
  }
});

test("the nearest directory above a task says which profile it has", () => {
  const setting = { work: { directories: ["/w", "/w/b/c"] }, key: { directories: ["~/b/"] } };
  const of = (directory: string): string | null => profileOfDirectory(setting, directory, (path) => path.replace("~", "/w"));
  assert.deepEqual(["/w", "/w/a", "/w/b", "/w/b/x", "/w/b/c/d", "/ww", "/"].map(of), ["work", "work", "key", "key", "work", null, null]);
});

test("an unknown profile is named with the one that was meant", () => {
  const setting = { work: { config_dir: "/a" } };
  assert.match(unknownProfile(setting, "wrok") ?? "", /^There is no profile "wrok"\. Did you mean "work"\? There are default, work/);
  assert.match(unknownProfile({}, "work") ?? "", /There is only default/);
  assert.deepEqual([unknownProfile(setting, "work"), unknownProfile(setting, "default")], [null, null]);
});
