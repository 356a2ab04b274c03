import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DevToolsConnection } from './dev-tools-connection.ts';
import { startModuleServer } from './module-server.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const FLAGS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--remote-debugging-port=0'];

/** The browser's command: CHROMIUM, else the first one on the path, else undefined. */
export function findBrowser(): string | undefined {
  const given = process.env.CHROMIUM;
  const candidates = given ? [given] : NAMES;
  return candidates.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore', timeout: 20_000 }).status === 0);
}

function devToolsAddress(browser: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = '';
    browser.once('error', reject);
    browser.once('exit', (code) => reject(new Error(`the browser ended with code ${code}: ${seen}`)));
    browser.stderr?.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      const address = /DevTools listening on (ws:\S+)/.exec(seen)?.[1];
      if (address !== undefined) resolve(address);
    });
  });
}

/** One page of the browser. */
export class BrowserPage {
  private readonly connection: DevToolsConnection;
  private readonly session: string;

  constructor(connection: DevToolsConnection, session: string) {
    this.connection = connection;
    this.session = session;
  }

  /**
   * Runs the body of an async function in the page and returns what it returns, as JSON would carry it.
   *
   * @example
   * await page.evaluate<number>("const { crc32c } = await import('/kernels/index.ts'); return crc32c(new Uint8Array(3));")
   */
  async evaluate<T>(body: string): Promise<T> {
    const parameters = { expression: `(async () => { ${body} })()`, awaitPromise: true, returnByValue: true };
    const reply = await this.connection.send<EvaluateReply>('Runtime.evaluate', parameters, this.session);
    const failure = reply.exceptionDetails;
    if (failure !== undefined) throw new Error(`in the page: ${failure.exception?.description ?? failure.text}`);
    return reply.result.value as T;
  }

  /** Opens an address and waits until the page has loaded. */
  async open(url: string): Promise<void> {
    const loaded = this.connection.once('Page.loadEventFired', this.session);
    await this.connection.send('Page.enable', {}, this.session);
    await this.connection.send('Page.navigate', { url }, this.session);
    await loaded;
  }

  /** The visible part of the page as PNG bytes. */
  async screenshot(): Promise<Uint8Array> {
    const { data } = await this.connection.send<{ data: string }>('Page.captureScreenshot', { format: 'png' }, this.session);
    return Buffer.from(data, 'base64');
  }
}

interface EvaluateReply {
  readonly result: { readonly value: unknown };
  readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } };
}

/** A real Chromium without a window, driven through the DevTools protocol, and a server of this repository's files. */
export class Browser {
  private connection: DevToolsConnection | undefined;
  private close: () => void = () => {};
  private address = '';

  /** Where the files of this repository are served, ending in a slash. */
  get url(): string {
    return this.address;
  }

  /** Starts browser and server; `describeWith` does it before the first test. */
  async start(): Promise<void> {
    const command = findBrowser();
    if (command === undefined) throw new Error('no Chromium was found; set CHROMIUM to its command');
    const server = await startModuleServer();
    this.address = server.url;
    const profile = mkdtempSync(join(tmpdir(), 'millrace-browser-'));
    const browser = spawn(command, [...FLAGS, `--user-data-dir=${profile}`, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.close = () => {
      server.close();
      browser.removeAllListeners('exit');
      browser.once('exit', () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
      browser.kill('SIGKILL');
    };
    try {
      this.connection = await DevToolsConnection.open(await devToolsAddress(browser));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Opens a page on an address: by default the empty page of the server, from which the sources can be imported. */
  async newPage(url = this.url): Promise<BrowserPage> {
    if (this.connection === undefined) throw new Error('the browser has not been started');
    const { targetId } = await this.connection.send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.connection.send<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true });
    const page = new BrowserPage(this.connection, sessionId);
    await page.open(url);
    return page;
  }

  /** Ends browser and server; `describeWith` does it after the last test. */
  stop(): void {
    this.connection?.close();
    this.close();
  }
}
