/** The attacking process: runs the attack named by its argument on the target it is sent, and reports the answers. */
import { setPriority } from 'node:os';
import { argv, exit } from 'node:process';
import { ATTACKS } from './list.ts';
import type { Answers, Target } from './types.ts';

const attack = ATTACKS.find(({ name }) => name === argv[2])?.attack;
if (!attack) throw new Error(`There is no attack ${argv[2]}.`);

// An attacker uses their own machine's CPU, not ours: here the product comes first.
setPriority(19);

process.once('message', async (target: Target) => {
  const answers: Answers = {};
  await attack(target, (answer) => {
    answers[answer] = (answers[answer] ?? 0) + 1;
  });
  process.send?.(answers, () => exit());
});
