/**
 * A command that uses the embedded server, as a process of its own: joins, says so, does what it reads line by line
 * (`leave`, or the name of a database to make), and ends. Run through tsx by embedded.ts.
 */
import { createInterface } from 'node:readline';
import { createSystemClock } from '../../src/clock.ts';
import { joinEmbeddedServer } from '../../src/embedded/server.ts';

const say = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`);

const [home = ''] = process.argv.slice(2);
const server = await joinEmbeddedServer({
  home,
  clock: createSystemClock(),
  log: (line) => say({ log: line }),
  onLost: (failure) => say({ lost: failure.message }),
  settings: { fsync: 'off' },
});
say({ joined: server.port });
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'leave') break;
  await server.ensureDatabase(line);
  say({ made: line });
}
await server.leave();
say({ left: true });
// From here on nothing may keep this process from ending: the tests wait for that.
process.stdin.destroy();
