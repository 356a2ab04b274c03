interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** Chromium's DevTools protocol over a WebSocket: commands with replies, and events (https://chromedevtools.github.io/devtools-protocol). */
export class DevToolsConnection {
  private readonly socket: WebSocket;
  private readonly pending = new Map<number, Pending>();
  private readonly waiting = new Map<string, (params: unknown) => void>();
  private lastId = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.addEventListener('message', (event) => this.receive(JSON.parse(String(event.data)) as Message));
    socket.addEventListener('close', () => {
      for (const { reject } of this.pending.values()) reject(new Error('the browser closed the connection'));
      this.pending.clear();
    });
  }

  static open(url: string): Promise<DevToolsConnection> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      socket.addEventListener('open', () => resolve(new DevToolsConnection(socket)));
      socket.addEventListener('error', () => reject(new Error(`could not connect to ${url}`)));
    });
  }

  /** Sends a command to the browser, or to a page when its session is given, and returns the result. */
  send<T>(method: string, params: Readonly<Record<string, unknown>>, sessionId?: string): Promise<T> {
    const id = ++this.lastId;
    return new Promise<T>((resolve, reject) => {
      this.pending.set(id, { resolve: (result) => resolve(result as T), reject });
      this.socket.send(JSON.stringify({ id, method, params, sessionId }));
    });
  }

  /** The next event of this name in a session. */
  once(method: string, sessionId: string): Promise<unknown> {
    return new Promise((resolve) => this.waiting.set(`${sessionId} ${method}`, resolve));
  }

  close(): void {
    this.socket.close();
  }

  private receive(message: Message): void {
    if (message.id === undefined) {
      const key = `${message.sessionId} ${message.method}`;
      this.waiting.get(key)?.(message.params);
      this.waiting.delete(key);
      return;
    }
    const pending = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (message.error !== undefined) pending?.reject(new Error(message.error.message));
    else pending?.resolve(message.result);
  }
}
