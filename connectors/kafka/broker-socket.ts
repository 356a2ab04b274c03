import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { SocketTarget } from './kafkajs-types.ts';

const KEEP_ALIVE_DELAY = 60_000;
/** One for all sockets of the thread: what is read is taken out before the next read. */
const READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024);

/**
 * Sockets for kafkajs. A plain one reads into one buffer again and again, where Node would make a new one per read: at gigabytes an hour the garbage collector notices. Requests
 * are sent at once, not held back for more to come.
 */
export function brokerSocket({ host, port, ssl, onConnect }: SocketTarget): Socket {
  if (ssl)
    return kept(connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...(ssl === true ? {} : ssl) }, onConnect));
  const socket: Socket = connect(
    {
      host,
      port,
      onread: {
        buffer: READ_BUFFER,
        callback: (size) => {
          socket.emit('data', READ_BUFFER.subarray(0, size));
          return true;
        },
      },
    },
    onConnect,
  );
  return kept(socket);
}

const kept = <Kind extends Socket>(socket: Kind): Kind => {
  socket.setKeepAlive(true, KEEP_ALIVE_DELAY);
  socket.setNoDelay(true);
  return socket;
};
