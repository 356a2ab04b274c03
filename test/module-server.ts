import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import { extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.mjs': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.ts': 'text/javascript',
  '.wasm': 'application/wasm',
};
/** What the sources import by name, as a browser can load it. */
const IMPORTS: Readonly<Record<string, string>> = {
  'apache-arrow': '/node_modules/apache-arrow/Arrow.dom.mjs',
  flatbuffers: '/node_modules/flatbuffers/mjs/flatbuffers.js',
  'json-with-bigint': '/node_modules/json-with-bigint/json-with-bigint.js',
  rxjs: '/node_modules/rxjs/dist/esm/index.js',
  'rxjs/operators': '/node_modules/rxjs/dist/esm/operators/index.js',
  tslib: '/node_modules/tslib/tslib.es6.mjs',
  zod: '/node_modules/zod/index.js',
};
const PAGE = `<!doctype html><meta charset="utf-8"><title>test</title><link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>`;

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile();

/** Node's older packages leave out the ending of a file; a browser needs to be sent to the whole name. */
function completed(pathname: string): string | undefined {
  return ['.js', '.mjs', '/index.js'].map((ending) => pathname + ending).find((candidate) => isFile(join(ROOT, candidate)));
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  // Isolation lets the page share memory with its workers.
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  if (pathname === '/') {
    response.setHeader('Content-Type', 'text/html').end(PAGE);
    return;
  }
  const path = normalize(join(ROOT, decodeURIComponent(pathname)));
  if (!path.startsWith(ROOT.endsWith(sep) ? ROOT : ROOT + sep)) {
    response.writeHead(403).end();
  } else if (isFile(path)) {
    response.setHeader('Content-Type', TYPES[extname(path)] ?? 'application/octet-stream');
    if (extname(path) === '.ts') response.end(stripTypeScriptTypes(readFileSync(path, 'utf8')));
    else createReadStream(path).pipe(response);
  } else {
    const whole = completed(pathname);
    response.writeHead(whole === undefined ? 404 : 302, whole === undefined ? {} : { Location: whole }).end();
  }
}

/** Serves this repository on a free port of localhost: `/` is an empty page, `.ts` files come with their types erased. */
export function startModuleServer(): Promise<{ readonly url: string; close(): void }> {
  return new Promise((resolve) => {
    const server: Server = createServer(answer);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const close = () => {
        server.close();
        server.closeAllConnections();
      };
      resolve({ url: `http://127.0.0.1:${port}/`, close });
    });
  });
}
