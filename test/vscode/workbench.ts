// VS Code as a person sees it: a code-server of our own with its extension host, and Debian's chromium showing the
// workbench. Everything lives in a temporary folder, home included, and ends with the test.

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { top } from '../projects.ts';
import { Unavailable } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { type Group, startGroup } from '../setup/process-group.ts';
import { installCodeServer } from './install-code-server.ts';

export interface WorkbenchOptions {
  /** Opened as the workspace. */
  readonly folder: string;
  /** Folder of an extension to run from source. */
  readonly extension?: string;
  /** Folders of others beside it. */
  readonly otherExtensions?: readonly string[];
  /** Script that the extension host runs in place of waiting for a user; see `testsEnded`. */
  readonly tests?: string;
  /** File of an extension to install first. */
  readonly vsix?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Open the folder as one the user has not said to trust. */
  readonly untrusted?: boolean;
  /** More environment for server and extension host. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Workbench {
  readonly page: Page;
  /** Exit code of `tests`; 0 when they passed. */
  readonly testsEnded: Promise<number>;
  /** Opens the palette and picks the row that starts with `title`. */
  runCommand(title: string): Promise<void>;
  /** Opens a file of the workspace by its name, in whatever editor is its own, and waits for its tab. */
  openTab(name: string): Promise<void>;
  /** Opens a text file of the workspace by its name and waits for its lines. */
  openFile(name: string): Promise<void>;
  /** Waits for a notification with this text in it. @returns its whole text */
  notification(text: string | RegExp, timeoutMs?: number): Promise<string>;
  /** Presses a button of the notification with this text in it. */
  pressInNotification(text: string | RegExp, button: string): Promise<void>;
  /** Keeps a picture of the window for people: `test-results/<name>.png`. */
  screenshot(name: string): Promise<void>;
}

/** For anything to appear. */
const patienceMs = 120_000;
const chromiumPath = '/usr/bin/chromium';

/**
 * Runs `work` in a workbench. When it fails, a picture of the moment is kept, and the error carries the server's log.
 * @throws Unavailable when this machine can't have a workbench
 */
export async function withWorkbench<T>(
  name: string,
  options: WorkbenchOptions,
  work: (workbench: Workbench) => Promise<T>,
): Promise<T> {
  if (!onPath('chromium') || !existsSync(chromiumPath)) throw new Unavailable('no chromium (Debian package chromium)');
  const place = await mkdtemp(join(tmpdir(), 'natmod-vscode-'));
  let server: Server | undefined;
  let browser: BrowserContext | undefined;
  try {
    server = await startServer(place, options);
    browser = await startBrowser(place);
    const workbench = await openWorkbench(browser.pages()[0], server, options);
    try {
      return await work(workbench);
    } catch (fault) {
      await workbench.screenshot(`${name}-failed`).catch(() => undefined);
      if (fault instanceof Error) fault.message += `\n--- server log\n${await server.logTail()}`;
      throw fault;
    }
  } finally {
    await browser?.close().catch(() => undefined);
    server?.group.kill();
    await server?.group.ended.catch(() => undefined);
    await rm(place, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Keeps configuration, caches, sockets and the browser's profile out of the user's home. */
async function isolated(place: string, more: Readonly<Record<string, string>> = {}): Promise<NodeJS.ProcessEnv> {
  const home = join(place, 'home');
  const tmp = join(place, 'tmp');
  await mkdir(home, { recursive: true });
  await mkdir(tmp, { recursive: true });
  return {
    ...process.env,
    HOME: home,
    TMPDIR: tmp,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_DATA_HOME: join(home, '.local/share'),
    XDG_CACHE_HOME: join(home, '.cache'),
    XDG_RUNTIME_DIR: tmp,
    ...more,
  };
}

interface Server {
  readonly group: Group;
  readonly port: number;
  logTail(): Promise<string>;
}

async function startServer(place: string, options: WorkbenchOptions): Promise<Server> {
  const codeServer = await installCodeServer();
  const env = await isolated(place, options.env);
  const data = join(place, 'data');
  for (const level of ['User', 'Machine']) await mkdir(join(data, level), { recursive: true });
  await writeFile(join(place, 'config.yaml'), 'auth: none\ncert: false\n');
  await writeFile(join(data, 'User/settings.json'), JSON.stringify({ ...quiet(options), ...options.settings }));
  // Settings of the scope machine-overridable count only where the extension host runs, as soon as their scope is known.
  await writeFile(join(data, 'Machine/settings.json'), JSON.stringify(options.settings ?? {}));
  const port = await freePort();
  const folders = ['--config', join(place, 'config.yaml'), '--user-data-dir', data];
  folders.push('--extensions-dir', join(place, 'extensions'));
  const argv = [codeServer.node, codeServer.entry, ...folders];
  const logPath = join(place, 'server.log');
  const log = await open(logPath, 'a');
  const logTail = async () => (await readFile(logPath, 'utf8')).split('\n').slice(-25).join('\n');
  try {
    const stdio: ['pipe', number, number] = ['pipe', log.fd, log.fd];
    if (options.vsix) {
      const code = await startGroup(endingWithUs([...argv, '--install-extension', options.vsix]), { env, stdio }).ended;
      if (code !== 0) throw new Error(`code-server did not install ${options.vsix}:\n${await logTail()}`);
    }
    const flags = ['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`, '--ignore-last-opened'];
    flags.push('--disable-telemetry', '--disable-update-check', '--disable-getting-started-override');
    if (!options.untrusted) flags.push('--disable-workspace-trust');
    const group = startGroup(endingWithUs([...argv, ...flags]), { env, stdio });
    await Promise.race([
      answers(port),
      group.ended.then(async (code) => {
        throw new Error(`code-server ended with exit code ${code}:\n${await logTail()}`);
      }),
    ]);
    return { group, port, logTail };
  } finally {
    await log.close();
  }
}

/**
 * Should this process be killed, the kernel tells the program itself, but not the extension hosts that it has started.
 * They are its group; a shell in that group waits for the end of our pipe, which comes however we end.
 */
function endingWithUs(argv: readonly string[]): string[] {
  const script = 'exec 3<&0; { read -r _ <&3; kill -KILL 0; } & "$@" 3<&- </dev/null; code=$?; kill $!; exit $code';
  return ['sh', '-c', script, 'sh', ...argv];
}

/** Settings without which a fresh workbench greets, asks and looks things up. */
function quiet({ untrusted }: WorkbenchOptions): Record<string, unknown> {
  return {
    'security.workspace.trust.enabled': untrusted === true,
    'security.workspace.trust.startupPrompt': 'never',
    'workbench.startupEditor': 'none',
    'workbench.tips.enabled': false,
    'workbench.enableExperiments': false,
    'workbench.secondarySideBar.defaultVisibility': 'hidden',
    'chat.disableAIFeatures': true,
    'telemetry.telemetryLevel': 'off',
    'extensions.autoCheckUpdates': false,
    'extensions.autoUpdate': false,
    'extensions.ignoreRecommendations': true,
    'git.enabled': false,
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

async function answers(port: number): Promise<void> {
  for (const end = Date.now() + patienceMs; Date.now() < end; await sleep(50)) {
    const ok = await fetch(`http://127.0.0.1:${port}/healthz`).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
  }
  throw new Error(`code-server did not answer within ${patienceMs / 1000} s`);
}

async function startBrowser(place: string): Promise<BrowserContext> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
  args.push('--disable-background-networking', '--disable-component-update', '--disable-sync');
  return chromium.launchPersistentContext(join(place, 'browser'), {
    executablePath: chromiumPath,
    timeout: patienceMs,
    headless: true,
    // Playwright's handlers would keep this process alive.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    viewport: { width: 1280, height: 800 },
    env: (await isolated(place)) as Record<string, string>,
    args,
  });
}

async function openWorkbench(page: Page, { port }: Server, options: WorkbenchOptions): Promise<Workbench> {
  const testsEnded = new Promise<number>((resolve) => {
    void page.exposeFunction('codeAutomationExit', (code: number) => resolve(code));
  });
  await page.exposeFunction('codeAutomationLog', () => undefined);
  // A first start on a busy machine takes its time; nothing else waits longer for it.
  page.setDefaultTimeout(patienceMs);
  const extensions = [options.extension ?? [], options.otherExtensions ?? []].flat();
  if (extensions.length > 0) await developExtensions(page, port, extensions, options.tests);
  await page.goto(`http://127.0.0.1:${port}/?${new URLSearchParams({ folder: options.folder })}`);
  await page.locator('.monaco-workbench .part.statusbar .statusbar-item').first().waitFor();

  /**
   * Opens a picker, types, and clicks the row, until `effect` is there. A picker lists what there was when it opened,
   * files even what there was at its opening before, and a list that is filled anew swallows a click.
   */
  const pick = async (key: string, typed: string, title: string, effect?: Locator) => {
    const input = page.locator('.quick-input-widget:visible input');
    const row = page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
    // It closes by itself when something else takes the focus, at any of these steps.
    const attempt = async () => {
      await page.keyboard.press(key);
      await input.waitFor({ timeout: 15_000 });
      await input.fill(typed, { timeout: 10_000 });
      await row.click({ timeout: 10_000 });
      await effect?.waitFor({ timeout: 20_000 });
    };
    for (const end = Date.now() + 2 * patienceMs; Date.now() < end; ) {
      const picked = await attempt().then(
        () => true,
        () => false,
      );
      if (picked) return;
      await page.keyboard.press('Escape');
    }
    throw new Error(`no picker listed '${title}', or nothing came of its choice`);
  };
  const openTab = (name: string) =>
    pick('Control+P', name, name, page.locator(`.tab.active[data-resource-name="${name}"]`));
  const toast = (text: string | RegExp) => page.locator('.notifications-toasts .notification-toast', { hasText: text });

  return {
    page,
    testsEnded,
    runCommand: (title) => pick('F1', `>${title}`, title),
    openTab,
    async openFile(name) {
      await openTab(name);
      await page.locator('.editor-instance .view-lines .view-line').first().waitFor();
    },
    async notification(text, timeoutMs = patienceMs) {
      const message = toast(text).locator('.notification-list-item-message').first();
      await message.waitFor({ timeout: timeoutMs });
      return (await message.textContent()) ?? '';
    },
    async pressInNotification(text, button) {
      // Buttons appear under the mouse only.
      await toast(text).first().hover();
      await toast(text).first().getByRole('button', { name: button }).click();
    },
    async screenshot(name) {
      await mkdir(join(top, 'test-results'), { recursive: true });
      // What has just appeared is still fading in.
      await page.waitForTimeout(400);
      await page.screenshot({ path: join(top, 'test-results', `${name}.png`) });
    },
  };
}

/**
 * What `--extensionDevelopmentPath` is to a desktop. The workbench in a page takes it from the configuration the server
 * has put into the page, so it is added there. (The `?payload=` of the address does it too, in newer versions only with
 * a flag that also suppresses notifications. Answering for the server by `page.route` is no way: Chromium then takes the
 * page for one from the internet and refuses its connection to 127.0.0.1.)
 */
async function developExtensions(
  page: Page,
  port: number,
  extensions: readonly string[],
  tests: string | undefined,
): Promise<void> {
  const uri = (path: string) => ({ $mid: 1, scheme: 'vscode-remote', authority: `127.0.0.1:${port}`, path });
  const development = { extensions: extensions.map(uri), ...(tests && { extensionTestsPath: uri(tests) }) };
  await page.addInitScript((added) => {
    const original = Element.prototype.getAttribute;
    Element.prototype.getAttribute = function (name) {
      const value = original.call(this, name);
      if (this.id !== 'vscode-workbench-web-configuration' || name !== 'data-settings' || value === null) return value;
      const settings = JSON.parse(value);
      settings.developmentOptions = { ...settings.developmentOptions, ...added };
      return JSON.stringify(settings);
    };
  }, development);
}
