import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { SocketTarget } from './kafkajs-types.ts';

const KEEP_ALIVE_DELAY = 60_000;
/** One for all sockets of the thread: what is read is taken out before the next read. */
const READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024);

/** A socket whose owner may say where the bytes to come belong. */
export interface PlacedSocket extends Socket {
  /** Where the next bytes are to be read to; undefined: into a buffer that is read into again. */
  place?: () => Buffer | undefined;
}

/**
 * Sockets for kafkajs. A plain one reads to where its owner wants the bytes, else into one buffer again and again, where Node would make a new one per read: at gigabytes an hour the garbage collector notices. Requests
 * are sent at once, not held back for more to come.
 */
export function brokerSocket({ host, port, ssl, onConnect }: SocketTarget): Socket {
  if (ssl)
    return kept(connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...(ssl === true ? {} : ssl) }, onConnect));
  // Asked for a place before there is a socket.
  let made: PlacedSocket | undefined;
  const socket: PlacedSocket = connect(
    {
      host,
      port,
      onread: {
        buffer: () => made?.place?.() ?? READ_BUFFER,
        callback: (size, buffer) => {
          socket.emit('data', buffer.subarray(0, size));
          return true;
        },
      },
    },
    onConnect,
  );
  made = socket;
  return kept(socket);
}

const kept = <Kind extends Socket>(socket: Kind): Kind => {
  socket.setKeepAlive(true, KEEP_ALIVE_DELAY);
  socket.setNoDelay(true);
  return socket;
};
