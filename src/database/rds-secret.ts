import { z } from 'zod';

/** The password is cached this long: it is rotated weekly, and connections are opened every few seconds. */
const CACHE_MS = 60_000;

/** Format written by RDS. @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html */
const Content = z.object({ password: z.string().min(1) });

/**
 * Reads the database password from AWS Secrets Manager, which rotates it.
 *
 * @param arn DATABASE_SECRET
 */
export function openSecret(arn: string) {
  let known: { password: Promise<string>; until: number } | undefined;

  return {
    /** The password, at most a minute old. */
    password(): Promise<string> {
      if (!known || known.until < Date.now()) {
        const password = readPassword(arn);
        known = { password, until: Date.now() + CACHE_MS };
        // Failures are not cached.
        password.catch(() => {
          known = undefined;
        });
      }
      return known.password;
    },

    /** Clears the cache, after PostgreSQL has rejected the password. */
    forget() {
      known = undefined;
    },
  };
}

async function readPassword(arn: string) {
  // Loaded only when a secret is used: it adds 0.1 s to the start.
  const { GetSecretValueCommand, SecretsManagerClient } = await import(
    '@aws-sdk/client-secrets-manager'
  );
  // arn:aws:secretsmanager:region:account:secret:name
  const [, , , region = ''] = arn.split(':');
  const client = new SecretsManagerClient({ region, maxAttempts: 3 });
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
    return Content.parse(JSON.parse(SecretString ?? '')).password;
  } catch (error) {
    // A parse error may quote the password.
    const isOfAws = error instanceof Error && '$metadata' in error;
    const reason = isOfAws ? `${error.name}: ${error.message}` : unreadable(error);
    throw new Error(`The database's password could not be read (DATABASE_SECRET). ${reason}`);
  } finally {
    client.destroy();
  }
}

const unreadable = (error: unknown) =>
  error instanceof SyntaxError || error instanceof z.ZodError
    ? 'It must be JSON with a "password", as RDS writes it.'
    : String(error);
