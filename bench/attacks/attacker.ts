/** Attacking process: runs the attack named by its argument against the target it receives by IPC, and reports the answers. */
import { setPriority } from 'node:os';
import { argv, exit } from 'node:process';
import { ATTACKS } from './list.ts';
import type { Answers, Target } from './types.ts';

const attack = ATTACKS.find(({ name }) => name === argv[2])?.attack;
if (!attack) throw new Error(`Unknown attack ${argv[2]}.`);

// A real attacker uses their own CPU: here the product has priority.
setPriority(19);

process.once('message', async (target: Target) => {
  const answers: Answers = {};
  await attack(target, (answer) => {
    answers[answer] = (answers[answer] ?? 0) + 1;
  });
  process.send?.(answers, () => exit());
});
