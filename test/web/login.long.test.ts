/** Signing in at the page, in a real browser against the real door. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import type { TestContext } from "node:test";
import path from "node:path";
import axe from "axe-core";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { browser } from "../../testing/browser.ts";
import type { TestBrowser } from "../../testing/browser.ts";
import { openDoorOf } from "../../testing/http-door.ts";
import type { OpenDoor } from "../../testing/http-door.ts";
import { realApi } from "../../testing/real-api.ts";
import type { RealApi } from "../../testing/real-api.ts";
import { repositoryRoot } from "../../testing/source-files.ts";

const webDirectory = path.join(repositoryRoot, "dist", "web");

interface Bundle extends RealApi, OpenDoor, TestBrowser {
  readonly origin: string;
  code(): Promise<string>;
}

async function setup(t: TestContext): Promise<Bundle> {
  assert.ok(existsSync(path.join(webDirectory, "index.html")), "the page is built: npm run build");
  const real = realApi(t);
  const open = await openDoorOf(t, real.api, { directory: real.corner.directory, webDirectory });
  return {
    ...real,
    ...open,
    ...(await browser(t)),
    origin: `http://127.0.0.1:${open.port}`,
    code: async () => String((await open.call({ method: "POST", path: "/api/v1/login-codes" })).json()["code"]),
  };
}

const heading = async (page: Page): Promise<string | null> => await page.locator("h1").textContent();

/** Rules of accessibility that the page breaks. */
async function problemsOfAccess(page: Page): Promise<string[]> {
  // Through the debugger: the page's policy lets no script of others in.
  await page.evaluate(axe.source);
  const results = await page.evaluate<AxeResults>("axe.run()");
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

test("a code in the address signs in, leaves the address, and works once", async (t) => {
  const { code, complaints, origin, page: tab } = await setup(t);
  const secret = await code();
  const page = await tab();
  const seen: string[] = [];
  page.on("request", (request) => void seen.push(request.url(), request.headers()["referer"] ?? ""));
  await page.goto(`${origin}/login?to=${encodeURIComponent("/tasks/7?q=x")}#${secret}`, { waitUntil: "commit" });
  await page.waitForURL(`${origin}/tasks/7?q=x`);
  assert.equal(await heading(page), "Task");
  assert.deepEqual(
    seen.filter((text) => text.includes(secret)),
    [],
  );
  const cookies = await page.context().cookies();
  assert.deepEqual(
    cookies.map(({ httpOnly, sameSite, path: at }) => [httpOnly, sameSite, at]),
    [[true, "Strict", "/"]],
  );
  assert.equal(await page.evaluate("document.cookie"), "");

  const other = await tab();
  await other.goto(`${origin}/login#${secret}`, { waitUntil: "commit" });
  assert.match((await other.getByRole("alert").textContent()) ?? "", /used already, or it is older than a minute/);
  assert.equal(other.url(), `${origin}/login`);
  assert.deepEqual(complaints, []);
});

test("a code that is too old says so", async (t) => {
  const { clock, code, origin, page: tab } = await setup(t);
  const secret = await code();
  clock.nowMs += 60_000;
  const page = await tab();
  await page.goto(`${origin}/login#${secret}`, { waitUntil: "commit" });
  assert.match((await page.getByRole("alert").textContent()) ?? "", /claude-worker open/);
});

test("without a session every page leads to the login, and a pasted token back", async (t) => {
  const { api, complaints, origin, page: tab } = await setup(t);
  const { token } = await api.createToken({ name: "phone", scope: "read" }, { scope: "admin", name: "socket" });
  const page = await tab();
  await page.goto(`${origin}/history?q=status:failed#e12`, { waitUntil: "commit" });
  assert.equal(await heading(page), "Claude Worker");
  await page.getByLabel("Or paste a token").press("Enter");
  assert.equal(await page.getByRole("alert").textContent(), "Paste a token first.");
  await page.getByLabel("Or paste a token").fill("cw_wrong");
  await page.keyboard.press("Enter");
  await page.getByText("This server does not know the token").waitFor();
  await page.getByLabel("Or paste a token").fill(` ${token} `);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${origin}/history?q=status:failed#e12`);
  assert.equal(await heading(page), "History");
  // Who is signed in and follows an old link to the login page goes on.
  await page.goto(`${origin}/login?to=/usage`, { waitUntil: "commit" });
  await page.waitForURL(`${origin}/usage`);
  // No target leads elsewhere.
  await page.goto(`${origin}/login?to=//evil.example/`, { waitUntil: "commit" });
  await page.waitForURL(`${origin}/`);
  assert.deepEqual(complaints, []);
});

test("a session that is revoked signs the open page out", async (t) => {
  const { call, code, complaints, origin, page: tab } = await setup(t);
  const page = await tab();
  await page.goto(`${origin}/login#${await code()}`, { waitUntil: "commit" });
  await page.waitForURL(`${origin}/`);
  await page.getByRole("heading", { name: "Now" }).waitFor();
  assert.equal((await call({ method: "DELETE", path: "/api/v1/sessions/1" })).status, 204);
  await page.getByRole("heading", { name: "Signed out" }).waitFor();
  assert.match((await page.getByRole("dialog").textContent()) ?? "", /claude-worker open/);
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByLabel("Or paste a token").waitFor();
  assert.deepEqual(complaints, []);
});

test("sessions are listed and signed out at the page", async (t) => {
  const { code, complaints, origin, page: tab } = await setup(t);
  const [page, other] = [await tab(), await tab()];
  for (const each of [page, other]) {
    await each.goto(`${origin}/login?to=/settings/sessions#${await code()}`, { waitUntil: "commit" });
    await each.waitForURL(`${origin}/settings/sessions`);
    await each.getByText("This browser").waitFor();
  }
  await other.getByRole("button", { name: "Sign out session 1" }).click();
  await page.getByRole("heading", { name: "Signed out" }).waitFor();
  await other.getByRole("button", { name: "Sign out session 2" }).click();
  await other.getByLabel("Or paste a token").waitFor();
  assert.deepEqual(complaints, []);
});

test("the login page has no problem of accessibility in any theme and width", async (t) => {
  const { complaints, origin, page: tab } = await setup(t);
  for (const colorScheme of ["light", "dark"] as const) {
    for (const [width, height] of [
      [1440, 900],
      [390, 844],
      [320, 640],
    ] as const) {
      const page = await tab({ colorScheme, viewport: { width, height } });
      await page.goto(`${origin}/login`, { waitUntil: "commit" });
      await page.getByLabel("Or paste a token").press("Enter");
      await page.getByRole("alert").waitFor();
      assert.deepEqual(await problemsOfAccess(page), [], `${colorScheme} ${width}`);
      assert.ok(
        await page.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth"),
        `${colorScheme} ${width} scrolls sideways`,
      );
      await page.context().close();
    }
  }
  assert.deepEqual(complaints, []);
});
