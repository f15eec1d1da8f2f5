import type { SqlEntityManager } from '@mikro-orm/postgresql';

/** Rows per statement: finishes well within the statement timeout, even on a busy machine. */
const BATCH_SIZE = 1_000;

/** `offset 0` keeps the planner from joining: with old statistics it would compare every row with every other. */
const ASSIGN = `update users set issuer = ? where id in (
    select id from users older where subject is not null and issuer is null and id > ? and not exists (
      select from users newer where newer.issuer = ? and newer.subject = older.subject offset 0
    ) order by id limit ${BATCH_SIZE}
  ) returning id`;

/**
 * Assigns the configured issuer to subjects stored without one, at the start of every process with a provider.
 * Skips subjects that also exist with their issuer.
 */
export async function assignIssuer(em: SqlEntityManager, issuer: string): Promise<void> {
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const assigned: { id: string }[] = await em.execute(ASSIGN, [issuer, after, issuer]);
    if (assigned.length < BATCH_SIZE) return;
    after = assigned.reduce((last, { id }) => (id > last ? id : last), after);
  }
}

/**
 * Does the same for one subject: during a rollout, an instance of an older release may store one without issuer after our start.
 *
 * @returns whether such a row existed
 */
export async function assignIssuerOf(
  em: SqlEntityManager,
  { iss, sub }: { iss: string; sub: string },
): Promise<boolean> {
  const assigned = await em.execute(
    `update users set issuer = ? where id = (
       select id from users where issuer is null and subject = ? order by created_at, id limit 1
     ) returning id`,
    [iss, sub],
  );
  return assigned.length > 0;
}
