import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** How long a worker that is told to stop may take (design section 7), and a little for the process to end. */
const STOP_WITHIN_MS = 35_000;
const START_AGAIN_MS = 1_000;
/** Longer than a server is away, and than a worker waits for one that says nothing. */
const READY_WITHIN_MS = 90_000;
const ANSWER_WITHIN_MS = 1_000;
const LAST_LINES = 5;

/** A `worker` in a process of its own. */
interface Member {
  readonly number: number;
  readonly process: ChildProcess;
  readonly lines: string[];
  readonly ended: Promise<number | null>;
  /** What was done to it on purpose, so that its end is no surprise. */
  told: 'nothing' | 'to stop' | 'killed';
  ready: boolean;
}

/** Some workers, of which another is started wherever one ends, as a supervisor would. */
export class Fleet {
  readonly #spawn: () => ChildProcess;
  readonly #size: number;
  readonly #log: (line: string) => void;
  readonly #members = new Set<Member>();
  /** Every line of every worker, with its number before it. */
  readonly lines: string[] = [];
  /** What a worker did that it must not, in sentences. */
  readonly complaints: string[] = [];
  started = 0;
  /** Workers that ended before they were ready: PostgreSQL or Redis was away. */
  startedInVain = 0;
  #open = true;

  /** @param spawnWorker starts one; its output is read from pipes */
  constructor(size: number, spawnWorker: () => ChildProcess, log: (line: string) => void) {
    this.#size = size;
    this.#spawn = spawnWorker;
    this.#log = log;
  }

  /** Starts as many as there should be. */
  fill(): void {
    while (this.#open && this.#members.size < this.#size) this.#start();
  }

  /** How many are alive. */
  get alive(): number {
    return this.#members.size;
  }

  /** Strikes one of them; `whom` from 0 to 1 decides which. Says what happened. */
  async kill(whom: number): Promise<string> {
    const member = this.#pick(whom);
    if (member === null) return 'no worker was ready';
    member.told = 'killed';
    member.process.kill('SIGKILL');
    await member.ended;
    return `worker ${member.number}`;
  }

  async stop(whom: number): Promise<string> {
    const member = this.#pick(whom);
    return member === null ? 'no worker was ready' : this.#stop(member);
  }

  /** Freezes one until `thaw` is called. */
  freeze(whom: number): { readonly what: string; readonly thaw: () => void } {
    const member = this.#pick(whom);
    if (member === null) return { what: 'no worker was ready', thaw: () => {} };
    member.process.kill('SIGSTOP');
    return { what: `worker ${member.number}`, thaw: () => member.process.kill('SIGCONT') };
  }

  /** Stops all of them, in good order. */
  async close(): Promise<void> {
    this.#open = false;
    await Promise.all([...this.#members].map((member) => this.#stop(member)));
  }

  /** Ends all of them at once, whatever they do. */
  async destroy(): Promise<void> {
    this.#open = false;
    for (const member of this.#members) {
      member.told = 'killed';
      member.process.kill('SIGKILL');
    }
    await Promise.all([...this.#members].map(({ ended }) => ended));
  }

  #pick(whom: number): Member | null {
    const ready = [...this.#members].filter(({ ready, told }) => ready && told === 'nothing');
    return ready[Math.floor(whom * ready.length)] ?? null;
  }

  async #stop(member: Member): Promise<string> {
    member.told = 'to stop';
    const toldAt = Date.now();
    member.process.kill('SIGCONT');
    member.process.kill('SIGTERM');
    const late = setTimeout(
      () => void this.#giveUp(member, `did not stop within ${STOP_WITHIN_MS / 1_000} s of SIGTERM`),
      STOP_WITHIN_MS,
    );
    const code = await member.ended;
    clearTimeout(late);
    return `worker ${member.number} ended with ${code} after ${((Date.now() - toldAt) / 1_000).toFixed(1)} s`;
  }

  #start(): void {
    this.started += 1;
    const child = this.#spawn();
    const lines: string[] = [];
    const ended = once(child, 'close').then(([code]: (number | null)[]) => code ?? null);
    const member: Member = { number: this.started, process: child, lines, ended, told: 'nothing', ready: false };
    this.#members.add(member);
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        this.lines.push(`${member.number}: ${line}`);
        if (line.includes('worker ready on')) member.ready = true;
      });
    }
    const late = setTimeout(() => {
      if (!member.ready) void this.#giveUp(member, `was neither ready nor over after ${READY_WITHIN_MS / 1_000} s`);
    }, READY_WITHIN_MS);
    void ended.then((code) => {
      clearTimeout(late);
      this.#ended(member, code);
    });
  }

  #ended(member: Member, code: number | null): void {
    this.#members.delete(member);
    if (member.told === 'nothing') {
      if (member.ready) this.#complain(member, `ended by itself with exit code ${code}`);
      else this.startedInVain += 1;
    }
    if (member.told === 'to stop' && member.ready && code !== 0)
      this.#complain(member, `was told to stop and ended with exit code ${code}`);
    if (this.#open) setTimeout(() => this.fill(), START_AGAIN_MS);
  }

  async #giveUp(member: Member, what: string): Promise<void> {
    member.process.kill('SIGUSR2');
    await new Promise((resolve) => setTimeout(resolve, ANSWER_WITHIN_MS));
    this.#complain(member, what);
    member.told = 'killed';
    member.process.kill('SIGKILL');
  }

  #complain({ number, lines }: Member, what: string): void {
    const complaint = `worker ${number} ${what}; it said last: ${lines.slice(-LAST_LINES).join(' | ')}`;
    this.complaints.push(complaint);
    this.#log(complaint);
  }
}
