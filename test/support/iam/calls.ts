import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** What each call of the AWS SDK, and each of our own requests of an object, asks of AWS, in the words of IAM. */
const ACTIONS: Record<string, string[]> = {
  DELETE: ['s3:DeleteObject'],
  GET: ['s3:GetObject'],
  HEAD: ['s3:GetObject'],
  PUT: ['s3:PutObject'],
  DeleteObjectCommand: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
  DeleteObjectsCommand: ['s3:DeleteObject'],
  GetObjectCommand: ['s3:GetObject'],
  GetSecretValueCommand: ['secretsmanager:GetSecretValue'],
  HeadBucketCommand: ['s3:ListBucket'],
  HeadObjectCommand: ['s3:GetObject'],
  ListObjectsV2Command: ['s3:ListBucket'],
  ListObjectVersionsCommand: ['s3:ListBucketVersions'],
  PutObjectCommand: ['s3:PutObject'],
  // A form is good for what its signer may do.
  createPresignedPost: ['s3:PutObject'],
  paginateListObjectsV2: ['s3:ListBucket'],
  // Of lib-storage: in parts, which are given up when one fails.
  Upload: ['s3:PutObject', 's3:AbortMultipartUpload'],
};

/** Names of a client's module that ask nothing: clients, shapes, errors. */
const ASKS_NOTHING = /^(type |S3Client$|SecretsManagerClient$|No[A-Z]|NotFound$)|Exception$/;

/**
 * What a folder of ours asks of AWS, by what it imports of the AWS SDK and what it sends by itself.
 *
 * @throws for an import that nobody has said the action of
 */
export async function callsOf(folder: string): Promise<{ call: string; action: string }[]> {
  const entries = await readdir(join(ROOT, folder), { recursive: true });
  const files = entries.filter((entry) => entry.endsWith('.ts'));
  const texts = await Promise.all(files.map((file) => readFile(join(ROOT, folder, file), 'utf8')));
  const calls = texts.flatMap((text) => [...importedFromSdk(text), ...sentByUs(text)]);
  const names = calls.filter((name) => !ASKS_NOTHING.test(name));
  return [...new Set(names)].flatMap((call) => {
    const actions = ACTIONS[call];
    if (!actions) throw new Error(`${folder}/ uses ${call}: say in calls.ts what it asks of AWS.`);
    return actions.map((action) => ({ call, action }));
  });
}

function importedFromSdk(text: string): string[] {
  const imports = text.matchAll(
    /(?:import|const) \{([^}]+)\}\s*(?:from|= await import\()\s*'@aws-sdk\/(?:client-[\w-]+|lib-storage|s3-presigned-post)'/g,
  );
  return [...imports].flatMap(([, names = '']) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  );
}

/** `send({ method: 'GET', key })` */
const sentByUs = (text: string) =>
  [...text.matchAll(/\bsend\(\{ method: '(\w+)'/g)].map(([, method = '']) => method);
