/**
 * A real browser for tests: Chromium without a screen, with arguments of our own. What the page's
 * policy refuses, and what the page logs as an error, is collected.
 */
import type { TestContext } from "node:test";
import chromium from "@sparticuz/chromium";
import { chromium as driver } from "playwright-core";
import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";

export interface TestBrowser {
  /** A person's browser: cookies and storage of its own. */
  context(options?: BrowserContextOptions): Promise<BrowserContext>;
  /** A tab in a context of its own. */
  page(options?: BrowserContextOptions): Promise<Page>;
  /** What the policy refused, and uncaught errors of pages. */
  readonly complaints: string[];
}

/** A busy machine may take long for a page. */
const longestMs = 120_000;

/** Runs in each page. */
const reportViolations =
  "document.addEventListener('securitypolicyviolation', (event) => complain(`${event.violatedDirective}: ${event.blockedURI}`));";

/** Ends with the test. */
export async function browser(t: TestContext): Promise<TestBrowser> {
  const running = await driver.launch({
    executablePath: await chromium.executablePath(),
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
  });
  t.after(() => running.close());
  const complaints: string[] = [];
  const context = async (options: BrowserContextOptions = {}): Promise<BrowserContext> => {
    const made = await running.newContext(options);
    made.setDefaultTimeout(longestMs);
    await made.exposeFunction("complain", (text: string) => void complaints.push(text));
    await made.addInitScript(reportViolations);
    made.on("weberror", (error) => void complaints.push(String(error.error())));
    return made;
  };
  return { complaints, context, page: async (options) => await (await context(options)).newPage() };
}
