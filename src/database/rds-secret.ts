import { z } from 'zod';

/** ms; a password is changed once in a week, connections are made every few seconds. */
const FRESH_MS = 60_000;

/** What RDS writes. @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html */
const Content = z.object({ password: z.string().min(1) });

/**
 * The password that AWS Secrets Manager keeps and changes.
 *
 * @param arn DATABASE_SECRET
 */
export function openSecret(arn: string) {
  let known: { password: Promise<string>; until: number } | undefined;

  return {
    /** As it was a minute ago at most. */
    password(): Promise<string> {
      if (!known || known.until < Date.now()) {
        const password = readPassword(arn);
        known = { password, until: Date.now() + FRESH_MS };
        // A failure is told to whoever asked, and asked again by the next.
        password.catch(() => {
          known = undefined;
        });
      }
      return known.password;
    },

    /** It was refused: the next one is read anew. */
    forget() {
      known = undefined;
    },
  };
}

async function readPassword(arn: string) {
  // Only where a secret is used: loading it takes a tenth of a second of every start.
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
    // What could not be parsed may be the password itself.
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
