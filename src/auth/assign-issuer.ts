import type { SqlEntityManager } from '@mikro-orm/postgresql';

/** Rows of one statement: far fewer than a statement's time limit allows. */
const BATCH = 5_000;

/**
 * Gives the configured issuer to subjects that were stored without one, at the start of every process with a provider.
 * A subject that is there with its issuer already, made by an older process meanwhile, is left.
 */
export async function assignIssuer(em: SqlEntityManager, issuer: string): Promise<void> {
  for (;;) {
    const assigned = await em.execute(
      `update users set issuer = ? where id in (
         select id from users older where subject is not null and issuer is null and not exists (
           select from users newer where newer.issuer = ? and newer.subject = older.subject
         ) limit ${BATCH}
       ) returning id`,
      [issuer, issuer],
    );
    if (assigned.length === 0) return;
  }
}
