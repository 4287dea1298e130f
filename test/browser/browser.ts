// Headless Chromium, a static server on loopback for it, and what a page of a test reports back.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";

const candidates = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser"];

/** Where the browser is; undefined: there is none, and the tests that need it are skipped. */
export const executablePath = candidates.find((path) => path !== undefined && existsSync(path));

/** What the skipped tests' title says. */
export const without = executablePath === undefined ? " (SKIPPED: there is no Chromium)" : "";

if (executablePath === undefined && process.env["REQUIRE_BROWSER"] !== undefined) {
  throw new Error("REQUIRE_BROWSER is set, but there is no /usr/bin/chromium");
}

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
};

/** A file's bytes by its path in the URL, or undefined. */
export type Files = (path: string) => Buffer | string | undefined;

/** Serves the files of a folder. */
export function folder(root: string): Files {
  return (path) => {
    const file = normalize(join(root, path.endsWith("/") ? `${path}index.html` : path));
    const inside = file.startsWith(normalize(`${root}/`));
    return inside && existsSync(file) && statSync(file).isFile() ? readFileSync(file) : undefined;
  };
}

/** What came of a page: what it passed to `report`, or what went wrong in it. */
export interface Report {
  readonly result: unknown;
  readonly problems: readonly string[];
  readonly requests: readonly string[];
}

/** A browser with its own empty profile, and pages served from loopback. */
export class Browser {
  private constructor(
    private readonly context: BrowserContext,
    private readonly profile: string,
  ) {}

  static async start(): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), "simdgrad-chromium-"));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: executablePath!,
      headless: true,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
    return new Browser(context, profile);
  }

  /**
   * Opens "/" of `files` and waits until the page calls `report(value)`, fails, or 60 s have passed.
   * @param headers sent with every file
   * @param expected what the browser may complain of
   */
  async open(
    files: Files,
    headers: Record<string, string> = {},
    expected?: RegExp,
  ): Promise<Report> {
    const requests: string[] = [];
    const server = await serve(files, requests, headers);
    const page = await this.context.newPage();
    const problems: string[] = [];
    try {
      const result = await new Promise<unknown>((resolve) => {
        const fail = (problem: string): void => {
          problems.push(problem);
          resolve(undefined);
        };
        const timer = setTimeout(() => fail("the page reported nothing within 60 s"), 60_000);
        page.once("close", () => clearTimeout(timer));
        page.on("pageerror", (error) => fail(`error: ${error.message}`));
        page.on("console", (message) => {
          if (expected?.test(message.text())) return;
          if (["error", "warning"].includes(message.type())) fail(`console: ${message.text()}`);
        });
        const { port } = server.address() as AddressInfo;
        page
          .exposeFunction("report", resolve)
          .then(() => page.goto(`http://127.0.0.1:${port}/`))
          .catch((error: unknown) => fail(String(error)));
      });
      return { result, problems, requests };
    } finally {
      await page.close();
      await new Promise((done) => server.close(done));
    }
  }

  async close(): Promise<void> {
    await this.context.close();
    rmSync(this.profile, { recursive: true, force: true });
  }
}

async function serve(
  files: Files,
  requests: string[],
  headers: Record<string, string>,
): Promise<Server> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const type = TYPES[extname(path) || ".html"] ?? "application/octet-stream";
    const body = path === "/favicon.ico" ? "" : files(path);
    if (path !== "/favicon.ico") requests.push(path);
    response.writeHead(body === undefined ? 404 : 200, {
      ...headers,
      "content-type": type,
      connection: "close",
    });
    response.end(body);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return server;
}
