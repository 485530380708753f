/**
 * The app behind every router of the comparison: `node backend.ts PORT`. It answers each request
 * head with the same 64 bytes and does not look at anything else, so that it costs little.
 */
import { createServer } from 'node:net';

const BODY = 'x'.repeat(64);
const ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
);
const HEAD_END = '\r\n\r\n';

createServer({ noDelay: true }, (socket) => {
  let rest = '';
  socket.on('data', (chunk: Buffer) => {
    rest += chunk.toString('latin1');
    for (let end = rest.indexOf(HEAD_END); end >= 0; end = rest.indexOf(HEAD_END)) {
      rest = rest.slice(end + HEAD_END.length);
      socket.write(ANSWER);
    }
  });
  socket.on('error', () => socket.destroy());
}).listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'));
